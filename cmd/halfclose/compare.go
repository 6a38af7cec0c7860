package main

import (
	"fmt"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// compareEndings is the table of the ways that a run tried, whatever they are.
func compareEndings(v *tcp.View) *claim.Comparison {
	return claim.Across("What each way of ending it did", v.Endings(), (*tcp.Ending).Short,
		claim.Show("it sent at once", func(e *tcp.Ending) claim.Cell {
			return seenBy(v, journal.Packets, claim.Sent(e.Who.Sent(e.By.N, peersTurn(*e)), e.By))
		}),
		claim.Show("its own end was then", func(e *tcp.Ending) claim.Cell { return ownState(v, e) }),
		claim.Show("the peer's end", func(e *tcp.Ending) claim.Cell { return stateCell(e.Peer().StateBefore(peersTurn(*e))) }),
		claim.Show("the peer's 1st read", peerCall(0, "read")),
		claim.Show("the peer's 1st write", peerCall(0, tcp.Sending...)),
		claim.Show("that data met", func(e *tcp.Ending) claim.Cell { return seenBy(v, journal.Packets, dataMet(e)) }),
		claim.Show("the caller's own read", ownRead),
		claim.Show("the peer's 2nd write", peerCall(1, tcp.Sending...)),
		claim.Show("the peer's 2nd read", peerCall(1, "read")),
		claim.Show("the peer's end at last", func(e *tcp.Ending) claim.Cell { return stateCell(e.Peer().StateBefore(0)) }),
	)
}

// seenBy is a cell that only a witness can fill.
func seenBy(v *tcp.View, by journal.Witness, cell claim.Cell) claim.Cell {
	if !v.Journal.Attached(by) {
		return claim.Told("")
	}
	return cell
}

// stateCell is a state that a witness saw, as the witness named it.
func stateCell(e *journal.Event) claim.Cell {
	if e == nil {
		return claim.Told("")
	}
	return claim.Told(e.State.To, e)
}

// ownState asks sock_diag alone where the caller has no descriptor left.
func ownState(v *tcp.View, e *tcp.Ending) claim.Cell {
	cell := stateCell(e.Who.StateBefore(peersTurn(*e)))
	if e.Name() == tcp.Closed {
		return seenBy(v, journal.SockDiag, cell)
	}
	return cell
}

// peerCall is what the peer's n-th call of a kind returned, after the ending.
func peerCall(n int, ops ...string) func(*tcp.Ending) claim.Cell {
	return func(e *tcp.Ending) claim.Cell {
		calls := e.Peer().CallsOf(e.By.N, 0, ops...)
		return claim.Result(tcp.First(calls[min(n, len(calls)):]))
	}
}

// dataMet is what the caller's kernel answered to the peer's data.
func dataMet(e *tcp.Ending) claim.Cell {
	write := lateWrite(*e)
	if write == nil {
		return claim.Told("")
	}
	answers := e.Who.Sent(write.N, tcp.N(tcp.First(e.Peer().Writes(write.N, 0))))
	if len(answers) == 0 {
		return claim.Told("no answer", write)
	}
	return claim.Told(claim.Named(answers[:1]), write, answers[0].Event)
}

// ownRead is what the caller read after the peer's data, or after its ending.
func ownRead(e *tcp.Ending) claim.Cell {
	since := e.By
	if write := lateWrite(*e); write != nil {
		since = write
	}
	read := tcp.First(e.Who.Reads(since.N, 0))
	switch {
	case read == nil && e.Name() == tcp.Closed:
		return claim.Told("no descriptor", e.By)
	case read == nil:
		return claim.Told("")
	case len(read.Call.Data) > 0:
		return claim.Told(fmt.Sprintf("%d: %q", read.Call.Result, read.Call.Data), read)
	}
	return claim.Result(read)
}

// compareDeliveries is the table of what became of data that was unsent.
func compareDeliveries(v *tcp.View) *claim.Comparison {
	return claim.Across("What became of the data", deliveries(v), func(d *delivery) string { return d.Who.ID + " " + d.Short() },
		claim.Show("given to the kernel", func(d *delivery) claim.Cell { return claim.Told(fmt.Sprint(d.given), d.By) }),
		claim.Show("unsent at the ending", func(d *delivery) claim.Cell {
			return seenBy(v, journal.Packets, claim.Told(fmt.Sprint(d.unsent), d.By))
		}),
		claim.Show("unread by it then", func(d *delivery) claim.Cell { return claim.Told(fmt.Sprint(v.Unread(d.Who, d.By.N)), d.By) }),
		claim.Show("the peer began to read", func(d *delivery) claim.Cell { return claim.Told(seconds(d.later())+" later", d.first) }),
		claim.Show("the peer got", func(d *delivery) claim.Cell { return claim.Told(fmt.Sprint(d.got), d.first) }),
		claim.Show("and then", func(d *delivery) claim.Cell { return claim.Result(d.end) }),
		// TCP_INFO calls it CLOSE where only a TIME_WAIT is left.
		claim.Show("it ended in", func(d *delivery) claim.Cell { return seenBy(v, journal.SockDiag, stateCell(d.Who.StateBefore(0))) }),
	)
}
