package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// struck is an end of a connection that was torn down by the other's RST, and
// what its owner's calls returned then.
type struck struct {
	claim.Connection
	socket string
	rst    *journal.Event   // a witness saw the end torn down
	calls  []*journal.Event // that read or sent, after it
}

// strikes lists the ends that were reset in a state. Where a process of its own
// holds one, only sock_diag sees it go.
func strikes(j *journal.Journal, in string) []struck {
	var all []struck
	for _, c := range claim.Connections(j) {
		for _, socket := range []string{c.Client, c.Server} {
			if rst := tornDown(&c, socket, in); socket != "" && rst != nil {
				ops := append([]string{"read"}, claim.Sending...)
				all = append(all, struck{c, socket, rst, c.Calls(socket, rst, ops...)})
			}
		}
	}
	return all
}

// tornDown is when a witness saw an end go from a state to CLOSE, or vanish, after
// the other end had been closed, and with somebody left to use it. Where packets
// were seen, the RST that did it had come before, and a FIN before that tells
// CLOSE_WAIT from ESTABLISHED.
func tornDown(c *claim.Connection, socket, in string) *journal.Event {
	for _, e := range claim.States(c.Journal, socket) {
		if e.State.From != in || e.State.To != journal.Close && e.State.To != journal.Gone {
			continue
		}
		other := claim.Nth(c.Calls(c.Peer(socket), nil, "close"), 0)
		used := c.Calls(socket, e, append([]string{"read"}, claim.Sending...)...)
		if other != nil && other.N < e.N && len(used) > 0 && wasReset(c, socket, in, e) {
			return e
		}
	}
	return nil
}

// wasReset says whether a RST, and what goes with the state in which it came, had
// arrived at an end when it was torn down; without packets nothing contradicts.
func wasReset(c *claim.Connection, socket, in string, down *journal.Event) bool {
	if !c.HasPackets() {
		return true
	}
	came := c.Arrived(socket, nil, down)
	fin := claim.WithFlag(came, "FIN") != nil
	return claim.WithFlag(came, "RST") != nil && fin == (in == journal.CloseWait)
}

var lr9 = claim.Claim{
	ID: "LR9", Statement: "after that RST, a read fails with ECONNRESET",
	Source: article004, Quantity: claim.Always,
	Precondition: "the RST was drawn by a send after the peer's orderly close, in CLOSE_WAIT; nothing is unread, and the read is the next call",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, s := range strikes(j, journal.CloseWait) {
			read := s.calls[0]
			if read.Call.Op != "read" || s.Unread(s.socket, s.rst) > 0 {
				continue
			}
			if read.Call.Errno == "ECONNRESET" {
				return claim.Confirm(claim.Numbers(s.rst, read), "the read failed with ECONNRESET")
			}
			return claim.Refute(claim.Numbers(s.rst, read), "the RST came in CLOSE_WAIT, and the read returned %s", claim.Returned(read))
		}
		return noStrike(j, journal.CloseWait)
	},
}

func noStrike(j *journal.Journal, in string) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("nobody was seen to be reset in %s, and to read or send then", in)
}

// onceThenPipe judges the calls after a RST that came in ESTABLISHED: the first
// fails with ECONNRESET, no other does, and sends after it fail with EPIPE.
func onceThenPipe(j *journal.Journal) claim.Finding {
	var (
		cited  []*journal.Event
		killed bool
	)
	for _, s := range strikes(j, journal.Established) {
		if s.Unread(s.socket, s.rst) > 0 {
			continue
		}
		first := s.calls[0]
		if first.Call.Errno != "ECONNRESET" || first.Call.Signal != "" {
			return claim.Refute(claim.Numbers(s.rst, first), "the first call after the RST, %s, returned %s", first.Call.Op, claim.Returned(first))
		}
		cited = append(cited, s.rst, first)
		for _, again := range s.calls[1:] {
			read := again.Call.Op == "read"
			switch {
			case again.Call.Errno == "ECONNRESET", !read && again.Call.Errno != "EPIPE" && again.Call.Signal != "SIGPIPE":
				return claim.Refute(claim.Numbers(s.rst, first, again), "after ECONNRESET had been told %s returned %s", again.Call.Op, claim.Returned(again))
			case !read:
				cited = append(cited, again)
				killed = killed || again.Call.Signal == "SIGPIPE"
			}
		}
	}
	if !killed {
		return noStrike(j, journal.Established)
	}
	return claim.Confirm(claim.Numbers(cited...), "ECONNRESET was told once, by the first call; the next send met SIGPIPE, or EPIPE where nothing could be killed")
}

var lr13 = claim.Claim{
	ID: "LR13", Statement: "a socket reset while ESTABLISHED gives ECONNRESET once, and EPIPE with SIGPIPE only on the next write",
	Source: "tcp(7), signal(7)", Quantity: claim.Always,
	Precondition: "nothing is left to be read",
	Needs:        needsDiag, Check: onceThenPipe,
}

var lr14 = claim.Claim{
	ID: "LR14", Statement: "after a peer's orderly close, with nothing unread, send fails with ECONNRESET",
	Source: article000, Quantity: claim.Always,
	Precondition: "the peer's FIN has arrived",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		for _, c := range claim.Connections(j) {
			closed := claim.Nth(c.Calls(c.Server, nil, "close"), 0)
			if closed == nil {
				continue
			}
			sends := c.Calls(c.Client, closed, claim.Sending...)
			if len(sends) < 2 || len(c.Calls(c.Client, nil, "shutdown")) > 0 ||
				claim.WithFlag(c.Arrived(c.Client, closed, sends[0]), "FIN") == nil || c.Unread(c.Client, sends[0]) > 0 {
				continue
			}
			if sends[0].Call.Errno == "ECONNRESET" {
				return claim.Confirm(claim.Numbers(closed, sends[0]), "the first send failed with ECONNRESET")
			}
			return claim.Refute(claim.Numbers(closed, sends[0], sends[1]), "the first send returned %s, the second %s", claim.Returned(sends[0]), claim.Returned(sends[1]))
		}
		return claim.Unclear("nobody was seen to send twice after the peer's orderly close")
	},
}

var lr19 = claim.Claim{
	ID: "LR19", Statement: "data received before the RST can still be read, then comes ECONNRESET",
	Source: "Linux behaviour; " + rfc9293 + " §3.10.7", Quantity: claim.Always,
	Precondition: "data has arrived, and has not been read, when the RST comes",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, s := range strikes(j, journal.Established) {
			n := s.Unread(s.socket, s.rst)
			reads := s.Calls(s.socket, s.rst, "read")
			if n <= 0 || len(reads) < 2 {
				continue
			}
			cited := claim.Numbers(s.rst, reads[0], reads[1])
			if reads[0].Call.Result != n || reads[1].Call.Errno != "ECONNRESET" {
				return claim.Refute(cited, "%d bytes were unread: the reads returned %s, then %s", n, claim.Returned(reads[0]), claim.Returned(reads[1]))
			}
			return claim.Confirm(cited, "the %d bytes were read after the RST, and then came ECONNRESET", n)
		}
		return noStrike(j, journal.Established)
	},
}

// talker is an end that sent again and again after the other had ended: it had
// been told, for it was in CLOSE_WAIT.
type talker struct {
	claim.Ending
	sends []*journal.Event
}

// talkers lists those to whom an ending of this name had been done.
func talkers(j *journal.Journal, ending string) []talker {
	var all []talker
	for _, e := range claim.EndedBy(claim.Endings(j), ending) {
		sends := e.Calls(e.Other(), e.By, claim.Sending...)
		if len(sends) < 2 {
			continue
		}
		if at := e.StateAt(e.Other(), sends[0]); at != nil && at.State.To == journal.CloseWait {
			all = append(all, talker{e, sends})
		}
	}
	return all
}

// goesOn judges that sends after the peer's SHUT_WR go on succeeding.
func goesOn(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	n := 0
	for _, t := range talkers(j, claim.ShutWrite) {
		for _, s := range t.sends {
			if s.Call.Errno != "" || s.Call.Signal != "" {
				return claim.Refute(claim.Numbers(t.By, s), "after the peer's SHUT_WR a send returned %s", claim.Returned(s))
			}
		}
		n += len(t.sends)
		cited = append(append(cited, t.By), t.sends...)
	}
	if n == 0 {
		return notTwice(j, claim.ShutWrite)
	}
	return claim.Confirm(claim.Numbers(cited...), "%d sends after the peer's SHUT_WR succeeded", n)
}

func notTwice(j *journal.Journal, ending string) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("nobody was seen to send twice after the peer's %s", ending)
}

// readsAll judges that what is sent after one's SHUT_WR is there to be read.
func readsAll(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, t := range talkers(j, claim.ShutWrite) {
		reads := t.Calls(t.Who, t.By, "read")
		if got, sent := claim.Moved(reads), claim.Moved(t.sends); got != sent {
			return claim.Refuse(j, claim.Numbers(append(t.sends, t.By)...), "%d bytes were sent after the peer's SHUT_WR, and the peer read %d", sent, got)
		}
		cited = append(append(cited, t.By), reads...)
	}
	if len(cited) == 0 {
		return notTwice(j, claim.ShutWrite)
	}
	return claim.Confirm(claim.Numbers(cited...), "the peer read them all")
}

var lr10 = claim.Claim{
	ID: "LR10", Statement: "after shutdown(SHUT_WR) by the peer, the second send still succeeds",
	Source: article004, Quantity: claim.Always,
	Precondition: "the peer's FIN has arrived",
	Needs:        needsEnds, Check: goesOn,
}

// stops judges the contrast: after the peer's close the second send fails.
func stops(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, t := range talkers(j, claim.Closed) {
		first, second := t.sends[0], t.sends[1]
		if first.Call.Errno != "" || second.Call.Errno != "EPIPE" {
			return claim.Refute(claim.Numbers(t.By, first, second), "after the peer's close() the sends returned %s and %s", claim.Returned(first), claim.Returned(second))
		}
		cited = append(cited, t.By, first, second)
	}
	if len(cited) == 0 {
		return notTwice(j, claim.Closed)
	}
	return claim.Confirm(claim.Numbers(cited...), "after its close() the second failed with EPIPE")
}

// contrast is the phenomenon of shut-wr-contrast.
var contrast = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding { return claim.Together(j, goesOn, readsAll, stops) },
}

// readsDiffer is the phenomenon of read-after-reset: the same RST, told to a read
// in ESTABLISHED, and not in CLOSE_WAIT.
var readsDiffer = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		return claim.Together(j, readsAfter(journal.CloseWait, "0: the end"), readsAfter(journal.Established, "ECONNRESET"))
	},
}

// readsAfter judges the reads that were the first call after a RST in a state,
// with nothing unread.
func readsAfter(in, want string) claim.Check {
	return func(j *journal.Journal) claim.Finding {
		var cited []*journal.Event
		for _, s := range strikes(j, in) {
			read := s.calls[0]
			if read.Call.Op != "read" || s.Unread(s.socket, s.rst) > 0 {
				continue
			}
			if got := claim.Returned(read); got != want {
				return claim.Refute(claim.Numbers(s.rst, read), "after a RST in %s the read returned %s", in, got)
			}
			cited = append(cited, s.rst, read)
		}
		if len(cited) == 0 {
			return noStrike(j, in)
		}
		return claim.Confirm(claim.Numbers(cited...), "after a RST in %s the read returned %s", in, want)
	}
}
