package main

import (
	"bytes"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// greeting is what the socket sends, and should receive, itself.
const greeting = "hello, me"

// direct: one socket binds a port and connects to that same port. It is closed in order
// even on the host network, where the kernel chose the port: TIME_WAIT is the subject.
func direct(t *scenario.T) {
	port := givenPort(t)
	if port == 0 && !t.OnHost() {
		port = directPort // else 0: the kernel chooses one that is free
	}
	s := t.Host("a").Socket(scenario.From(port))
	s.Connect(s.Local())
	s.Remote()
	s.Send(greeting)
	s.Recv()
	if t.OnHost() && givenPort(t) != 0 {
		t.Note("reset instead of closed in order: TIME_WAIT would keep a server from port %d for a minute", port)
		s.Reset()
		return
	}
	s.Close()
}

var sc1 = claim.Claim{
	ID: "SC1", Statement: "one client socket can connect to its own address and port, with no server and no listen()",
	Source: claim.Article004, Quantity: claim.Can, Needs: claim.NeedsInfo,
	Precondition: "a socket connects",
	Rule: claim.Each(attempts, func(c *claim.Case, a connecting) {
		c.Given(c.First(c.Calls("listen")) == nil, "a socket listened in this run")
		became(c, a)
		c.Holds("%s was ESTABLISHED with its own address as its peer's; listen() was never called", a.ID)
	}),
}

// nothingLost asks that no segment of a socket was lost.
func nothingLost(c *claim.Case, s *tcp.Socket) {
	c.Given(c.FirstSegment(s.Lost(0, 0)) == nil, "a segment was lost")
}

var sc2 = claim.Claim{
	ID: "SC2", Statement: "the opening takes three segments",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsPackets,
	Precondition: "a socket connects to itself and nothing is lost",
	Rule: eachSelf(func(c *claim.Case, s *tcp.Socket) {
		nothingLost(c, s)
		opening := c.AllSegments(s.Conn.Opening())
		c.ExpectSeen(len(opening) >= 3, "it took %d: %s", len(opening), claim.Named(opening))
		c.Expect(len(opening) == 3, "it took %d: %s", len(opening), claim.Named(opening))
		c.Holds("it took %s", claim.Named(opening))
	}),
}

var sc3 = claim.Claim{
	ID: "SC3", Statement: "the socket goes SYN_SENT → SYN_RECV (on receiving its own SYN) → ESTABLISHED (on its own SYN-ACK)",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsPackets,
	Precondition: "a socket connects to itself",
	Rule: eachSelf(func(c *claim.Case, s *tcp.Socket) {
		c.Given(len(s.Entered(journal.SynSent)) > 0, "the whole opening passed inside connect(): on %s the first state seen after it is ESTABLISHED", c.Journal.Network)
		path := []claim.Transition{
			{From: journal.SynSent, To: journal.SynRecv, On: packet.SYN},
			{From: journal.SynRecv, To: journal.Established, On: packet.SYN | packet.ACK},
		}
		c.Follows(s, journal.TCPInfo, path...)
		c.Holds("seen: %s", claim.Path("its own", path...))
	}),
}

var sc4 = claim.Claim{
	ID: "SC4", Statement: "what it sends, it receives itself",
	Source: claim.Article004 + ", by implication", Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "a socket connected to itself sends",
	Rule: eachSelf(func(c *claim.Case, s *tcp.Socket) {
		reads := c.All(s.CallsOf(0, 0, "read"))
		sent, received := tcp.DataOf(c.All(s.CallsOf(0, 0, "write"))), tcp.DataOf(reads)
		c.Given(len(sent) > 0 && len(reads) > 0, "nothing was sent, or nothing was read")
		c.Expect(bytes.HasPrefix(sent, received), "it wrote %q and read %q", sent, received)
		c.Given(len(received) == len(sent) || ended(tcp.Last(reads)), "%s had read %d of the %d bytes it wrote when it read last: the others may still have been under way", s.ID, len(received), len(sent))
		c.Expect(len(received) == len(sent), "it wrote %q and read %q", sent, received)
		c.Holds("%s read the %d bytes that it had written", s.ID, len(sent))
	}),
}

// ended says whether nothing can be read after this read: it met the end, or an error other
// than that there is nothing yet.
func ended(read *journal.Event) bool {
	return read.Call.Result <= 0 && read.Call.Errno != journal.EAGAIN
}

// notGivenUp asks that a socket's kernel did not give it up because its FIN did not come back
// to it in time.
func notGivenUp(c *claim.Case, s *tcp.Socket) {
	c.Given(s.OrphanTimedOut(0, 0) == nil, "the kernel gave %s up: its FIN, sent again and again, did not come back to it in time", s.ID)
}

var sc5 = claim.Claim{
	ID: "SC5", Statement: "the close takes two segments: one FIN, one ACK (“two-way close”)",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsPackets,
	Precondition: "a socket connected to itself is closed in order, and nothing is lost",
	Rule: eachSelf(func(c *claim.Case, s *tcp.Socket) {
		nothingLost(c, s)
		closing := c.AllSegments(s.Conn.Closing())
		notGivenUp(c, s)
		c.Given(len(closing) > 0 && closing[0].Has(packet.FIN), "no FIN was seen: the connection was not closed in order, or it was dropped before it could be seen")
		c.Given(len(closing) > 1, "the FIN was not answered before the run ended")
		c.Expect(len(closing) == 2 && closing[1].Is(packet.ACK), "it took %d: %s", len(closing), claim.Named(closing))
		c.Holds("one FIN, and the ACK that the same socket sent itself")
	}),
}

var sc6 = claim.Claim{
	ID: "SC6", Statement: "closing goes FIN_WAIT1 → CLOSING (on its own FIN) → TIME_WAIT",
	Source: claim.Article004, Quantity: claim.Always, Needs: append(slices.Clone(needsPackets), journal.SockDiag),
	Precondition: "a socket connected to itself is closed in order",
	Rule: eachSelf(func(c *claim.Case, s *tcp.Socket) {
		notGivenUp(c, s)
		fin := c.First(s.Entered(journal.FinWait1))
		c.Given(fin != nil || c.OnWire() || c.First(s.Entered(journal.TimeWait)) == nil, "the whole close passed inside close(): on %s the first state seen after it is TIME_WAIT", c.Journal.Network)
		c.Given(fin != nil, "the connection was not closed in order")
		path := []claim.Transition{
			{From: journal.FinWait1, To: journal.Closing, On: packet.FIN | packet.ACK},
			{From: journal.Closing, To: journal.TimeWait, On: packet.ACK},
		}
		c.Follows(s, journal.SockDiag, path...)
		c.Holds("seen: %s", claim.Path("its own", path...))
	}),
}

// otherPort: a bound client connects to another port of its own address, where nothing
// listens.
func otherPort(t *scenario.T) {
	client, spare := t.Host("a").Socket(), t.Host("a").Socket()
	client.Bind(t.Host("a").At(0))
	spare.Bind(t.Host("a").At(0))
	client.Local()
	target := spare.Local()
	spare.Close() // nothing has that port then
	client.Connect(target)
	client.Err()
}

var sc12 = claim.Claim{
	ID: "SC12", Statement: "if the server's port is not the client's, self-connection cannot happen",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "a client whose port is known connects to another port of its own address",
	Rule: claim.Each(attempts, func(c *claim.Case, a connecting) {
		own, target := a.Local.Port(), a.connect.Call.Address().Port()
		c.If(own != 0 && target != 0 && own != target)
		c.About(a.Socket)
		c.Cite(a.connect)
		p := c.All(proof(a.Socket))
		c.Expect(p == nil, "%s, on port %d, connected to itself as port %d", a.ID, own, target)
		c.Answered(a.connect)
		refusal := refusalOf(a)
		c.Cite(refusal)
		c.Given(refusal != nil, "what became of the attempt of %s was not seen", a.ID)
		c.Holds("%s, on port %d, was refused by port %d of its own address", a.ID, own, target)
	}),
}
