package main

import (
	"fmt"
	"strings"

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
// the other end had been closed, and with somebody left to use it.
func tornDown(c *claim.Connection, socket, in string) *journal.Event {
	for _, e := range claim.States(c.Journal, socket) {
		if e.State.From != in || e.State.To != journal.Close && e.State.To != journal.Gone {
			continue
		}
		other := claim.Nth(c.Calls(c.Peer(socket), nil, "close"), 0)
		if other != nil && other.N < e.N && len(c.Calls(socket, e, append([]string{"read"}, claim.Sending...)...)) > 0 {
			return e
		}
	}
	return nil
}

// first is the first of the calls of some kinds.
func (s *struck) first(ops ...string) *journal.Event {
	return claim.Nth(s.Calls(s.socket, s.rst, ops...), 0)
}

var lr9 = claim.Claim{
	ID: "LR9", Statement: "after that RST, a read fails with ECONNRESET",
	Source: article004, Quantity: claim.Always,
	Precondition: "the RST was drawn by a send after the peer's orderly close, in CLOSE_WAIT",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, s := range strikes(j, journal.CloseWait) {
			read := s.first("read")
			if read == nil {
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
// fails with ECONNRESET, and sends after it with EPIPE.
func onceThenPipe(j *journal.Journal) claim.Finding {
	var (
		cited  []*journal.Event
		killed *journal.Event
	)
	for _, s := range strikes(j, journal.Established) {
		if len(s.calls) == 0 || s.Unread(s.socket, s.rst) > 0 {
			continue
		}
		first := s.calls[0]
		if first.Call.Errno != "ECONNRESET" || first.Call.Signal != "" {
			return claim.Refute(claim.Numbers(s.rst, first), "the first call after the RST, %s, returned %s", first.Call.Op, claim.Returned(first))
		}
		cited = append(cited, s.rst, first)
		for _, again := range s.Calls(s.socket, first, claim.Sending...) {
			if again.Call.Errno != "EPIPE" && again.Call.Signal != "SIGPIPE" {
				return claim.Refute(claim.Numbers(s.rst, first, again), "after ECONNRESET had been told %s returned %s", again.Call.Op, claim.Returned(again))
			}
			cited = append(cited, again)
			if again.Call.Signal == "SIGPIPE" {
				killed = again
			}
		}
	}
	if killed == nil {
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
			if closed == nil || claim.WithFlag(c.Sent(c.Server, closed, nil), "FIN") == nil {
				continue
			}
			sends := c.Calls(c.Client, closed, claim.Sending...)
			if len(sends) < 2 || len(c.Calls(c.Client, nil, "shutdown")) > 0 {
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

// goesOn judges that sends after the peer's SHUT_WR go on succeeding.
func goesOn(j *journal.Journal) claim.Finding {
	for _, e := range claim.EndedBy(claim.Endings(j), claim.ShutWrite) {
		sends := e.Calls(e.Other(), e.By, claim.Sending...)
		if len(sends) < 2 {
			continue
		}
		for _, s := range sends {
			if s.Call.Errno != "" || s.Call.Signal != "" {
				return claim.Refute(claim.Numbers(e.By, s), "after the peer's SHUT_WR a send returned %s", claim.Returned(s))
			}
		}
		got := claim.Moved(e.Calls(e.Who, e.By, "read"))
		if got != claim.Moved(sends) {
			return claim.Refuse(j, claim.Numbers(append(sends, e.By)...), "%d bytes were sent after the peer's SHUT_WR, and the peer read %d", claim.Moved(sends), got)
		}
		return claim.Confirm(claim.Numbers(append(sends, e.By)...), "%d sends after the peer's SHUT_WR succeeded, and the peer read them all", len(sends))
	}
	return claim.Unclear("nobody was seen to send twice after the peer's SHUT_WR")
}

var lr10 = claim.Claim{
	ID: "LR10", Statement: "after shutdown(SHUT_WR) by the peer, the second send still succeeds",
	Source: article004, Quantity: claim.Always,
	Needs: needsCalls, Check: goesOn,
}

// stops judges the contrast: after the peer's close the second send fails.
func stops(j *journal.Journal) claim.Finding {
	for _, e := range claim.EndedBy(claim.Endings(j), claim.Closed) {
		sends := e.Calls(e.Other(), e.By, claim.Sending...)
		if len(sends) < 2 {
			continue
		}
		if sends[0].Call.Errno != "" || sends[1].Call.Errno != "EPIPE" {
			return claim.Refuse(j, claim.Numbers(e.By, sends[0], sends[1]), "after the peer's close() the sends returned %s and %s", claim.Returned(sends[0]), claim.Returned(sends[1]))
		}
		return claim.Confirm(claim.Numbers(e.By, sends[0], sends[1]), "after its close() the second failed with EPIPE")
	}
	return claim.Unclear("nobody was seen to send twice after the peer's close()")
}

// contrast is the phenomenon of shut-wr-contrast.
var contrast = claim.Phenomenon{
	Needs: needsCalls,
	Check: func(j *journal.Journal) claim.Finding { return claim.Together(j, goesOn, stops) },
}

// readsDiffer is the phenomenon of read-after-reset: the same RST, told to a read
// in ESTABLISHED, and not in CLOSE_WAIT.
var readsDiffer = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited []*journal.Event
			told  []string
		)
		for _, state := range []struct{ in, want string }{{journal.CloseWait, "0: the end"}, {journal.Established, "ECONNRESET"}} {
			var read *journal.Event
			for _, s := range strikes(j, state.in) {
				if r := s.first("read"); r != nil && (read == nil || r.Call.Errno != "") {
					read = r
				}
			}
			if read == nil {
				return noStrike(j, state.in)
			}
			if got := claim.Returned(read); got != state.want {
				return claim.Refute(claim.Numbers(read), "after a RST in %s the read returned %s", state.in, got)
			}
			cited = append(cited, read)
			told = append(told, fmt.Sprintf("after a RST in %s the read returned %s", state.in, state.want))
		}
		return claim.Confirm(claim.Numbers(cited...), "%s", strings.Join(told, "; "))
	},
}
