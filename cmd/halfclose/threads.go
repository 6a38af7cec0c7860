package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// blocked is a thread that waited in read while another ended the connection.
type blocked struct {
	way
	waits *journal.Event // it was seen to wait
	read  *journal.Event // the call, which had not returned then; nil: it never did
	data  *journal.Event // the peer's write that came after the ending; nil: none was needed
}

// blockedReads lists them by the ending call.
func blockedReads(j *journal.Journal, names ...string) []blocked {
	var all []blocked
	for _, w := range ways(j) {
		for _, name := range names {
			if w.Name() != name {
				continue
			}
			b := blocked{way: w, data: claim.Nth(w.writes(w.Other(), w.By), 0)}
			for i := range w.Events {
				e := &w.Events[i]
				if e.Process != nil && e.Process.Event == "blocked" && e.Socket == w.Who && e.N < w.By.N {
					b.waits = e
				}
			}
			if b.waits == nil {
				continue
			}
			// It may be recorded before the call that woke it: both return at once.
			if b.read = claim.Nth(w.reads(w.Who, b.waits), 0); b.read == nil || b.read.T+b.read.Call.TookNS > w.By.T {
				all = append(all, b)
			}
		}
	}
	return all
}

// wokenByData says whether the read returned what the peer sent afterwards.
func (b *blocked) wokenByData() bool {
	return b.read != nil && b.data != nil && len(b.read.Call.Data) > 0 && string(b.read.Call.Data) == string(b.data.Call.Data)
}

// endedByPeer says whether the peer had ended the connection when the read returned.
func (b *blocked) endedByPeer() bool {
	call := claim.Nth(b.Calls(b.Other(), nil, "close", "shutdown"), 0)
	return call != nil && call.T < b.read.T+b.read.Call.TookNS
}

// wasInterrupted says whether the read may have been interrupted between the ending
// and its return: the program was stopped and continued; or it did not run for a while,
// whatever the reason, and the call returned what none does that was left to wait.
func (b *blocked) wasInterrupted(j *journal.Journal) bool {
	restarted := b.read.Call.Errno == "EBADF" || b.read.Call.Errno == "EINTR"
	return slices.ContainsFunc(claim.HeldUp(j, b.By, b.read), func(e *journal.Event) bool {
		return restarted || e.Process.Signal != ""
	})
}

// wakes judges whether an ending call wakes a thread that waits in read.
func wakes(j *journal.Journal, names ...string) claim.Finding {
	all := blockedReads(j, names...)
	if len(all) == 0 {
		return claim.Unclear("no thread was seen to wait in read while another called %s", names[0])
	}
	b := all[0]
	switch {
	case b.read != nil && b.endedByPeer():
		return claim.Unclear("the peer ended the connection too, which wakes a reader as well")
	case b.read != nil && len(b.read.Call.Data) > 0 && !b.wokenByData():
		return claim.Unclear("the thread that waited in read was given %d bytes, and nobody was seen to send them", b.read.Call.Result)
	case b.read != nil && !b.wokenByData() && b.wasInterrupted(j):
		return claim.Unclear("the thread that waited in read returned %s, and the program was held up meanwhile: being stopped and continued wakes a reader as well", claim.Returned(b.read))
	case b.read != nil && !b.wokenByData():
		return claim.Confirm(claim.Numbers(b.waits, b.By, b.read), "the thread that waited in read returned %s after %s", claim.Returned(b.read), b.Name())
	case b.data == nil || b.read == nil:
		return claim.Refuse(j, claim.Numbers(b.waits, b.By), "%s did not wake the thread that waited in read", b.Name())
	}
	return claim.Refute(claim.Numbers(b.waits, b.By, b.data, b.read), "%s did not wake the thread that waited in read; it waited until the peer sent data, %s later, and read returned that: %q%s",
		b.Name(), seconds(b.data.T-b.By.T), b.read.Call.Data, b.untilThen())
}

// untilThen says what the ending had sent before the read returned; nothing, where
// nobody saw packets.
func (b *blocked) untilThen() string {
	s := b.Sent(b.Who, b.By, b.data)
	switch {
	case !b.HasPackets():
		return ""
	case len(s) > 0:
		return ". It had sent " + claim.FlagsOf(s) + " at once"
	}
	return ". Until then nothing was sent, for the waiting call held the socket"
}

func closeWakes(j *journal.Journal) claim.Finding { return wakes(j, claim.Closed) }

func shutdownWakes(j *journal.Journal) claim.Finding {
	return wakes(j, claim.ShutBoth, claim.ShutRead)
}

var hc29 = claim.Claim{
	ID: "HC29", Statement: "close() in one thread wakes another that is blocked in recv on the same descriptor",
	Source: "folklore; close(2)", Quantity: claim.Always,
	Precondition: "a thread waits in the call when another closes the descriptor",
	Needs:        needsPackets, Check: closeWakes,
}

var hc30 = claim.Claim{
	ID: "HC30", Statement: "shutdown() wakes it",
	Source: "shutdown(2)", Quantity: claim.Always,
	Precondition: "a thread waits in the call when another shuts the connection down for reading",
	Needs:        needsPackets, Check: shutdownWakes,
}

// closeLeavesWaiting is the phenomenon: shutdown wakes the reader, close leaves
// it waiting.
var closeLeavesWaiting = claim.Phenomenon{
	Needs: needsCalls,
	Check: func(j *journal.Journal) claim.Finding {
		shut, closed := shutdownWakes(j), closeWakes(j)
		switch {
		case shut.Verdict != claim.Confirmed:
			return shut
		case closed.Verdict == claim.Confirmed:
			return claim.Refuse(j, closed.Events, "close() woke it too: %s", closed.Because)
		case closed.Verdict == claim.Refuted:
			return claim.Confirm(append(shut.Events, closed.Events...), "%s; %s", shut.Because, closed.Because)
		}
		return closed
	},
}
