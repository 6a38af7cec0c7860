package main

import (
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// lateData finds what the peer sent after a way's ending call, and what the
// caller's end answered; nil where the run did not come so far.
func (w *way) lateData() (write, answer *journal.Event) {
	for _, e := range w.writes(w.Other(), w.By) {
		if e.Call.Errno == "" {
			write = e
			break
		}
	}
	if write == nil {
		return nil, nil
	}
	next := claim.Nth(w.writes(w.Other(), write), 0)
	return write, claim.Nth(w.Sent(w.Who, write, next), 0)
}

// receives judges whether, after SHUT_WR, what the peer sends is read.
func receives(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, w := range of(ways(j), claim.ShutWrite) {
		write, _ := w.lateData()
		if write == nil {
			continue
		}
		read := claim.Nth(w.reads(w.Who, write), 0)
		if read == nil || hadNothing(read) {
			continue
		}
		if string(read.Call.Data) != string(write.Call.Data) {
			return claim.Refute(claim.Numbers(w.By, write, read), "the peer sent %d bytes after %s of %s, whose read returned %s",
				write.Call.Result, w.Name(), w.Who, claim.Returned(read))
		}
		cited = append(cited, w.By, write, read)
	}
	if len(cited) == 0 {
		return claim.Unclear("no peer was seen to send after shutdown(SHUT_WR), and the caller to read")
	}
	return claim.Confirm(claim.Numbers(cited...), "after %s the caller read what the peer sent then: %q", claim.ShutWrite, cited[1].Call.Data)
}

var hc8 = claim.Claim{
	ID: "HC8", Statement: "after shutdown(SHUT_WR) the caller still receives what the peer sends",
	Source: article000 + "; " + article004, Quantity: claim.Always,
	Precondition: "the peer sends after it",
	Needs:        needsCalls, Check: receives,
}

// rejects judges whether, after close, the peer's data is answered with RST.
func rejects(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, w := range of(ways(j), claim.Closed) {
		f, judged := w.rejects()
		if judged && f.Verdict != claim.Confirmed {
			return f
		}
		if judged {
			cited = append(cited, w.By)
			for _, n := range f.Events {
				if e, ok := j.Event(n); ok {
					cited = append(cited, &e)
				}
			}
		}
	}
	if len(cited) == 0 {
		return claim.Unclear("no peer's data was seen to arrive after close()")
	}
	return claim.Confirm(claim.Numbers(cited...), "each time the peer's data arrived after close(), it was answered with RST, and no descriptor was left to read it from")
}

// rejects judges one close. judged: data arrived after it.
func (w *way) rejects() (f claim.Finding, judged bool) {
	var data *journal.Event
	for _, e := range w.NewlyArrived(w.Who, w.By, nil) {
		if e.Packet.Len > 0 {
			data = e
			break
		}
	}
	if data == nil || w.Unread(w.Who, w.By) > 0 {
		return f, false
	}
	if rst := claim.WithFlag(w.Sent(w.Who, data, nil), "RST"); rst != nil {
		return claim.Confirm(claim.Numbers(w.By, data, rst), ""), true
	}
	return claim.Refuse(w.Journal, claim.Numbers(w.By, data), "%d bytes arrived at %s after close(), and no RST followed", data.Packet.Len, w.Who), true
}

var hc9 = claim.Claim{
	ID: "HC9", Statement: "after close(), data from the peer is thrown away and answered with RST",
	Source: article004 + "; " + rfc9293 + " §3.6.1", Quantity: claim.Always,
	Precondition: "data arrives after it",
	Needs:        needsPackets, Check: rejects,
}

// sendsNoFIN judges whether SHUT_RD sends a FIN, up to another call that ends the
// connection.
func sendsNoFIN(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, w := range of(ways(j), claim.ShutRead) {
		until := claim.Nth(w.Calls(w.Who, w.By, "close", "shutdown"), 0)
		if s := claim.Farewells(w.Sent(w.Who, w.By, until)); len(s) > 0 {
			return claim.Refute(claim.Numbers(w.By, s[0]), "%s sent %s after %s", w.Who, claim.FlagsOf(s), claim.ShutRead)
		}
		later := claim.Nth(w.Calls(w.Other(), w.By, "read", "write", "sendmsg"), 0)
		if later == nil {
			continue // the run ended with it: nothing can be said
		}
		cited = append(cited, w.By, later)
	}
	if len(cited) == 0 {
		return claim.Unclear("no %s was seen on a connection that went on", claim.ShutRead)
	}
	return claim.Absent(claim.Confirm(claim.Numbers(cited...), "no FIN left the caller after %s, and the connection went on", claim.ShutRead))
}

var hc12 = claim.Claim{
	ID: "HC12", Statement: "shutdown(SHUT_RD) sends no FIN",
	Source: article004, Quantity: claim.Always,
	Needs: needsPackets, Check: sendsNoFIN,
}

// sameAsClose judges SHUT_RDWR by what differs from close in the same run.
func sameAsClose(j *journal.Journal) claim.Finding {
	all := ways(j)
	both, closed := of(all, claim.ShutBoth), of(all, claim.Closed)
	if len(both) == 0 || len(closed) == 0 {
		return claim.Unclear("not both were tried in this run")
	}
	x, y := &both[0], &closed[0]
	var (
		cited = []*journal.Event{x.By, y.By}
		told  []string
	)
	xs, ys := claim.Farewells(x.Sent(x.Who, x.By, x.peersTurn())), claim.Farewells(y.Sent(y.Who, y.By, y.peersTurn()))
	if xf, yf := claim.FlagsOf(xs), claim.FlagsOf(ys); xf != yf {
		told = append(told, "SHUT_RDWR put "+xf+" on the wire, close() "+yf)
		cited = append(append(cited, claim.Nth(xs, 0)), claim.Nth(ys, 0))
	}
	read := claim.Nth(x.reads(x.Who, x.By), 0)
	if read != nil && read.Call.Errno != "EBADF" {
		told = append(told, "after SHUT_RDWR the descriptor was still there, and a read from it returned "+claim.Returned(read)+"; close() left none")
		cited = append(cited, read)
	}
	if len(told) == 0 && read == nil {
		return claim.Unclear("nobody was seen to use the descriptor after SHUT_RDWR")
	}
	if len(told) == 0 {
		return claim.Confirm(claim.Numbers(cited...), "no difference was seen")
	}
	return claim.Refute(claim.Numbers(cited...), "%s", strings.Join(told, "; "))
}

// peersTurn is the peer's first call after the ending: what the caller's end
// sent because of that came before.
func (w *way) peersTurn() *journal.Event {
	return claim.Nth(w.Calls(w.Other(), w.By, "read", "write", "sendmsg"), 0)
}

var hc14 = claim.Claim{
	ID: "HC14", Statement: "shutdown(SHUT_RDWR) is the same as close()",
	Source: article004, Quantity: claim.Always,
	Precondition: "both are tried in one run, in the same situation",
	Needs:        needsPackets, Check: sameAsClose,
}
