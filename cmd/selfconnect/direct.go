package main

import (
	"bytes"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// article004 is where most statements come from.
const article004 = "article 004, “TCP两次挥手,你见过吗?那四次握手呢?”"

// selfConnected returns the first socket that a journal shows connected to
// itself, and the events that prove it: a witness saw it ESTABLISHED, and its
// own address is its peer's by getsockname and getpeername. Nil events: none.
func selfConnected(j *journal.Journal) (socket string, events []int) {
	for _, s := range j.Sockets {
		if n := connectedToItself(j, s.ID); n != nil {
			return s.ID, n
		}
	}
	return "", nil
}

// connectedToItself proves one socket's self-connection, nil if it is none.
func connectedToItself(j *journal.Journal, socket string) []int {
	established := claim.Entered(j, socket, journal.Established)
	local := claim.Calls(j, socket, "getsockname")
	peer := claim.Calls(j, socket, "getpeername")
	if len(established) == 0 || len(local) == 0 || len(peer) == 0 {
		return nil
	}
	own, other := local[len(local)-1], peer[len(peer)-1]
	if own.Call.Errno != "" || other.Call.Errno != "" || own.Call.Out == "" || own.Call.Out != other.Call.Out {
		return nil
	}
	return claim.Numbers(slices.Concat(established, []*journal.Event{own, other})...)
}

// whyNot says, for a journal without a self-connection, what became of the
// attempt to connect.
func whyNot(j *journal.Journal) claim.Finding {
	connects := claim.Calls(j, "", "connect")
	if len(connects) == 0 {
		return claim.Unclear("connect() was never called")
	}
	last := connects[len(connects)-1]
	if f, ok := claim.ConnectFailed([]*journal.Event{last}); !ok {
		return f
	}
	states := beforeClose(j, last.Socket)
	if len(states) == 0 {
		return claim.Refute(claim.Numbers(last), "connect() left no state behind")
	}
	end := states[len(states)-1]
	switch {
	case end.State.To == journal.SynSent:
		return claim.Refute(claim.Numbers(last, end), "nothing answered the SYN: %s was still SYN_SENT at the end", last.Socket)
	case len(claim.Entered(j, last.Socket, journal.Established)) > 0 && !knowsPeer(j, last.Socket):
		return claim.Unclear("%s connected, but getsockname() or getpeername() did not say to whom", last.Socket)
	case len(claim.Entered(j, last.Socket, journal.Established)) > 0:
		return claim.Refute(claim.Numbers(last, end), "%s connected, but to another socket", last.Socket)
	}
	return claim.Refute(claim.Numbers(last, end), "%s was not connected: its last state was %s%s", last.Socket, end.State.To, because(j, last))
}

// knowsPeer says whether both ends of a socket's connection were named.
func knowsPeer(j *journal.Journal, socket string) bool {
	for _, op := range []string{"getsockname", "getpeername"} {
		calls := claim.Calls(j, socket, op)
		if len(calls) == 0 || calls[len(calls)-1].Call.Errno != "" {
			return false
		}
	}
	return true
}

// because names the errno by which connect() failed, where it says more than
// that the connection is being opened, and why the kernel could not have chosen the
// port.
func because(j *journal.Journal, connect *journal.Event) string {
	said := ""
	if e := connect.Call.Errno; e != "" && e != "EINPROGRESS" {
		said = ", connect() having failed with " + e
	}
	if len(claim.Calls(j, connect.Socket, "bind")) > 0 {
		return said
	}
	s := series{target: targetOf(connect)}
	if why := neverChosenAt(j, s.port(), connect.N); why != "" {
		said += "; " + why
	}
	return said
}

// beforeClose lists the changes of a socket's state up to its close().
func beforeClose(j *journal.Journal, socket string) []*journal.Event {
	states, closed := claim.States(j, socket), claim.Calls(j, socket, "close")
	if len(closed) == 0 {
		return states
	}
	return slices.DeleteFunc(states, func(e *journal.Event) bool { return e.N > closed[0].N })
}

// selfConnection is the phenomenon itself.
var selfConnection = claim.Phenomenon{
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: func(j *journal.Journal) claim.Finding {
		socket, events := selfConnected(j)
		if events == nil {
			return whyNot(j)
		}
		return claim.Confirm(events, "%s was ESTABLISHED with itself, %s", socket, addressOf(j, socket))
	},
}

func addressOf(j *journal.Journal, socket string) string {
	for _, s := range j.Sockets {
		if s.ID == socket {
			return s.Local
		}
	}
	return ""
}

var sc1 = claim.Claim{
	ID:        "SC1",
	Statement: "one client socket can connect to its own address and port, with no server and no listen()",
	Source:    article004, Quantity: claim.Can,
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: func(j *journal.Journal) claim.Finding {
		if l := claim.Calls(j, "", "listen"); len(l) > 0 {
			return claim.Unclear("a socket listened in this run (#%d)", l[0].N)
		}
		socket, events := selfConnected(j)
		if events == nil {
			return notTested(j)
		}
		return claim.Confirm(events, "%s was ESTABLISHED with its own address as its peer's; listen() was never called", socket)
	},
}

// notTested is the finding on what follows from a self-connection, where there
// was none: the precondition did not arise.
func notTested(j *journal.Journal) claim.Finding {
	return claim.Unclear("no socket connected to itself: %s", whyNot(j).Because)
}

// own is the journal with the packets of the self-connection alone.
func own(j *journal.Journal) *journal.Journal {
	socket, _ := selfConnected(j)
	return claim.Only(j, addressOf(j, socket))
}

var sc2 = claim.Claim{
	ID: "SC2", Statement: "the opening takes three segments",
	Source: article004, Quantity: claim.Always,
	Precondition: "a socket connects to itself and nothing is lost",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets},
	Check: func(j *journal.Journal) claim.Finding {
		if _, events := selfConnected(j); events == nil {
			return notTested(j)
		}
		if lost := claim.Packets(j, journal.AtDropped); len(lost) > 0 {
			return claim.Unclear("a segment was lost (#%d)", lost[0].N)
		}
		o := claim.Opening(own(j))
		if len(o) == 3 {
			return claim.Confirm(claim.Numbers(o...), "it took %s%s", claim.FlagsOf(o), neededForOpening(j, o))
		}
		if len(o) < 3 {
			return claim.Refuse(j, claim.Numbers(o...), "it took %d: %s", len(o), claim.FlagsOf(o))
		}
		return claim.Refute(claim.Numbers(o...), "it took %d: %s", len(o), claim.FlagsOf(o))
	},
}

// neededForOpening says how many of the opening's segments had been delivered
// when the socket was ESTABLISHED, where the wire shows it.
func neededForOpening(j *journal.Journal, opening []*journal.Event) string {
	socket, _ := selfConnected(j)
	established := claim.Entered(j, socket, journal.Established)
	if j.Network != journal.Wire || len(established) == 0 {
		return ""
	}
	needed := 0
	for _, d := range claim.Packets(j, journal.AtDelivered) {
		isOpening := slices.ContainsFunc(opening, func(o *journal.Event) bool { return o.N == d.Packet.Of })
		if d.N < established[0].N && isOpening {
			needed++
		}
	}
	if needed == len(opening) {
		return ""
	}
	return "; it was ESTABLISHED after " + number(needed) + " of them"
}

func number(n int) string {
	words := []string{"none", "one", "two", "three"}
	if n < len(words) {
		return words[n]
	}
	return "more"
}

var sc3 = claim.Claim{
	ID:        "SC3",
	Statement: "the socket goes SYN_SENT → SYN_RECV (on receiving its own SYN) → ESTABLISHED (on its own SYN-ACK)",
	Source:    article004, Quantity: claim.Always,
	Precondition: "a socket connects to itself",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets},
	Check: func(j *journal.Journal) claim.Finding {
		socket, events := selfConnected(j)
		if events == nil {
			return notTested(j)
		}
		if len(claim.Entered(j, socket, journal.SynSent)) == 0 {
			return claim.Unclear("the whole opening passed inside connect(): on %s the first state seen after it is ESTABLISHED", j.Network)
		}
		return claim.Follows(j, socket, "its own", []claim.Step{
			{From: journal.SynSent, To: journal.SynRecv, On: []string{"SYN"}},
			{From: journal.SynRecv, To: journal.Established, On: []string{"SYN", "ACK"}},
		}, journal.TCPInfo)
	},
}

var sc4 = claim.Claim{
	ID: "SC4", Statement: "what it sends, it receives itself",
	Source: article004 + ", by implication", Quantity: claim.Always,
	Precondition: "a socket connected to itself sends",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: func(j *journal.Journal) claim.Finding {
		socket, events := selfConnected(j)
		if events == nil {
			return notTested(j)
		}
		written, read := claim.Calls(j, socket, "write"), claim.Calls(j, socket, "read")
		var sent, received []byte
		for _, e := range written {
			sent = append(sent, e.Call.Data...)
		}
		for _, e := range read {
			received = append(received, e.Call.Data...)
		}
		cited := claim.Numbers(slices.Concat(written, read)...)
		switch {
		case len(sent) == 0 || len(read) == 0:
			return claim.Unclear("nothing was sent, or nothing was read")
		case bytes.Equal(sent, received):
			return claim.Confirm(cited, "%s read the %d bytes that it had written", socket, len(sent))
		case bytes.HasPrefix(sent, received) && !ended(read[len(read)-1]):
			return claim.Unclear("%s had read %d of the %d bytes it wrote when it read last: the others may still have been under way", socket, len(received), len(sent))
		}
		return claim.Refute(cited, "it wrote %q and read %q", sent, received)
	},
}

// ended says whether nothing can be read after this read: it met the end, or an
// error other than that there is nothing yet.
func ended(read *journal.Event) bool {
	return read.Call.Result <= 0 && read.Call.Errno != "EAGAIN"
}

// forsaken is why nothing can be said of the close of a self-connected socket that its
// kernel gave up; ok: it did not.
func forsaken(j *journal.Journal, socket string) (f claim.Finding, ok bool) {
	gone := claim.Forsaken(j, socket, addressOf(j, socket), nil, nil)
	if gone == nil {
		return f, true
	}
	return claim.Unclear("the kernel gave %s up (#%d): its FIN, sent again and again, did not come back to it in time", socket, gone.N), false
}

var sc5 = claim.Claim{
	ID: "SC5", Statement: "the close takes two segments: one FIN, one ACK (“two-way close”)",
	Source: article004, Quantity: claim.Always,
	Precondition: "a socket connected to itself is closed in order, and nothing is lost",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets},
	Check: func(j *journal.Journal) claim.Finding {
		if _, events := selfConnected(j); events == nil {
			return notTested(j)
		}
		if lost := claim.Packets(j, journal.AtDropped); len(lost) > 0 {
			return claim.Unclear("a segment was lost (#%d)", lost[0].N)
		}
		c := claim.Closing(own(j))
		socket, _ := selfConnected(j)
		inOrder := claim.Entered(j, socket, journal.FinWait1)
		if f, ok := forsaken(j, socket); !ok {
			return f
		}
		switch {
		case (len(c) == 0 || !slices.Contains(c[0].Packet.Flags, "FIN")) && len(inOrder) > 0:
			return claim.Unclear("it was closed in order (#%d), but no FIN was seen: it was dropped before it could be", inOrder[0].N)
		case len(c) == 0 || !slices.Contains(c[0].Packet.Flags, "FIN"):
			return claim.Unclear("no FIN was sent: the connection was not closed in order")
		case len(c) == 1:
			return claim.Unclear("the FIN was not answered before the run ended")
		case len(c) == 2 && claim.HasFlags(c[1], "ACK"):
			return claim.Confirm(claim.Numbers(c...), "one FIN, and the ACK that the same socket sent itself")
		}
		return claim.Refute(claim.Numbers(c...), "it took %d: %s", len(c), claim.FlagsOf(c))
	},
}

var sc6 = claim.Claim{
	ID:        "SC6",
	Statement: "closing goes FIN_WAIT1 → CLOSING (on its own FIN) → TIME_WAIT",
	Source:    article004, Quantity: claim.Always,
	Precondition: "a socket connected to itself is closed in order",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets, journal.SockDiag},
	Check: func(j *journal.Journal) claim.Finding {
		socket, events := selfConnected(j)
		if events == nil {
			return notTested(j)
		}
		if len(claim.Entered(j, socket, journal.FinWait1)) == 0 {
			if ends := claim.Entered(j, socket, journal.TimeWait); len(ends) > 0 && j.Network != journal.Wire {
				return claim.Unclear("the whole close passed inside close(): on %s the first state seen after it is TIME_WAIT (#%d)", j.Network, ends[0].N)
			}
			return claim.Unclear("the connection was not closed in order")
		}
		if f, ok := forsaken(j, socket); !ok {
			return f
		}
		return claim.Follows(j, socket, "its own", []claim.Step{
			{From: journal.FinWait1, To: journal.Closing, On: []string{"FIN", "ACK"}},
			{From: journal.Closing, To: journal.TimeWait, On: []string{"ACK"}},
		}, journal.SockDiag)
	},
}
