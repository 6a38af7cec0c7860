package main

import (
	"fmt"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// compareEndings is the table of the ways that a run tried, whatever they are.
func compareEndings(v *tcp.View) *claim.Comparison {
	all := v.Endings()
	if len(all) == 0 {
		return nil
	}
	t := &claim.Comparison{Title: "What each way of ending it did"}
	for i := range all {
		t.Ways = append(t.Ways, all[i].Short())
	}
	for _, r := range []struct {
		what string
		cell func(*tcp.View, tcp.Ending) claim.Cell
	}{
		{"it sent at once", sentAtOnce},
		{"its own end was then", ownState},
		{"the peer's end", peerState},
		{"the peer's 1st read", peerCall(0, "read")},
		{"the peer's 1st write", peerCall(0, tcp.Sending...)},
		{"that data met", dataMet},
		{"the caller's own read", ownRead},
		{"the peer's 2nd write", peerCall(1, tcp.Sending...)},
		{"the peer's 2nd read", peerCall(1, "read")},
		{"the peer's end at last", lastState},
	} {
		row := claim.Compared{What: r.what}
		for i := range all {
			row.Cells = append(row.Cells, r.cell(v, all[i]))
		}
		if slices.ContainsFunc(row.Cells, func(c claim.Cell) bool { return c.Text != "" }) { // else it was not tried
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func sentAtOnce(v *tcp.View, e tcp.Ending) claim.Cell {
	if !v.Journal.Attached(journal.Packets) {
		return claim.Told("")
	}
	s := e.Who.Sent(e.By.N, peersTurn(e))
	if len(s) == 0 {
		return claim.Told("nothing", e.By)
	}
	cell := claim.Told(claim.Named(s))
	for _, x := range s {
		cell.Events = append(cell.Events, x.N)
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
func ownState(v *tcp.View, e tcp.Ending) claim.Cell {
	if e.Name() == tcp.Closed && !v.Journal.Attached(journal.SockDiag) {
		return claim.Told("")
	}
	return stateCell(e.Who.StateBefore(peersTurn(e)))
}

// endedIn is the state in which a socket was at last. TCP_INFO calls it CLOSE where only a
// TIME_WAIT is left, so without sock_diag it is not known.
func endedIn(v *tcp.View, e tcp.Ending) claim.Cell {
	if !v.Journal.Attached(journal.SockDiag) {
		return claim.Told("")
	}
	return stateCell(e.Who.StateBefore(0))
}

func peerState(_ *tcp.View, e tcp.Ending) claim.Cell {
	return stateCell(e.Peer().StateBefore(peersTurn(e)))
}

func lastState(_ *tcp.View, e tcp.Ending) claim.Cell { return stateCell(e.Peer().StateBefore(0)) }

// peerCall is what the peer's n-th call of a kind returned, after the ending.
func peerCall(n int, ops ...string) func(*tcp.View, tcp.Ending) claim.Cell {
	return func(_ *tcp.View, e tcp.Ending) claim.Cell {
		calls := e.Peer().CallsOf(e.By.N, 0, ops...)
		if n >= len(calls) {
			return claim.Told("")
		}
		return claim.Told(claim.Returned(calls[n]), calls[n])
	}
}

// dataMet is what the caller's kernel answered to the peer's data.
func dataMet(v *tcp.View, e tcp.Ending) claim.Cell {
	write := lateWrite(e)
	if write == nil || !v.Journal.Attached(journal.Packets) {
		return claim.Told("")
	}
	answers := e.Who.Sent(write.N, tcp.N(tcp.First(e.Peer().Writes(write.N, 0))))
	if len(answers) == 0 {
		return claim.Told("no answer", write)
	}
	return claim.Told(claim.Named(answers[:1]), write, answers[0].Event)
}

// ownRead is what the caller read after the peer's data, or after its ending.
func ownRead(_ *tcp.View, e tcp.Ending) claim.Cell {
	since := e.By
	if write := lateWrite(e); write != nil {
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
	return claim.Told(claim.Returned(read), read)
}

// compareDeliveries is the table of what became of data that was unsent.
func compareDeliveries(v *tcp.View) *claim.Comparison {
	all := deliveries(v)
	if len(all) == 0 {
		return nil
	}
	t := &claim.Comparison{Title: "What became of the data", Rows: []claim.Compared{
		{What: "given to the kernel"},
		{What: "unsent at the ending"},
		{What: "unread by it then"},
		{What: "the peer began to read"},
		{What: "the peer got"},
		{What: "and then"},
		{What: "it ended in"},
	}}
	for i := range all {
		d := &all[i]
		t.Ways = append(t.Ways, d.Who.ID+" "+d.Short())
		unsent := claim.Told("") // not known without packets
		if v.Journal.Attached(journal.Packets) {
			unsent = claim.Told(fmt.Sprint(d.unsent), d.By)
		}
		for k, cell := range []claim.Cell{
			claim.Told(fmt.Sprint(d.given), d.By),
			unsent,
			claim.Told(fmt.Sprint(v.Unread(d.Who, d.By.N)), d.By),
			claim.Told(seconds(d.later())+" later", d.first),
			claim.Told(fmt.Sprint(d.got), d.first),
			claim.Told(claim.Returned(d.end), d.end),
			endedIn(v, d.Ending),
		} {
			t.Rows[k].Cells = append(t.Rows[k].Cells, cell)
		}
	}
	return t
}
