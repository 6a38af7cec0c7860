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
	j := v.Journal
	all := ways(j)
	if len(all) == 0 {
		return nil
	}
	t := &claim.Comparison{Title: "What each way of ending it did"}
	for i := range all {
		t.Ways = append(t.Ways, all[i].Short())
	}
	for _, r := range []struct {
		what string
		cell func(*way) claim.Cell
	}{
		{"it sent at once", sentAtOnce},
		{"its own end was then", ownState},
		{"the peer's end", peerState},
		{"the peer's 1st read", peerCall(0, "read")},
		{"the peer's 1st write", peerCall(0, claim.Sending...)},
		{"that data met", dataMet},
		{"the caller's own read", ownRead},
		{"the peer's 2nd write", peerCall(1, claim.Sending...)},
		{"the peer's 2nd read", peerCall(1, "read")},
		{"the peer's end at last", lastState},
	} {
		row := claim.Compared{What: r.what}
		for i := range all {
			row.Cells = append(row.Cells, r.cell(&all[i]))
		}
		if slices.ContainsFunc(row.Cells, func(c claim.Cell) bool { return c.Text != "" }) { // else it was not tried
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func sentAtOnce(w *way) claim.Cell {
	if !w.HasPackets() {
		return claim.Told("")
	}
	s := w.Sent(w.Who, w.By, w.peersTurn())
	if len(s) == 0 {
		return claim.Told("nothing", w.By)
	}
	return claim.Told(claim.FlagsOf(s), s...)
}

// stateCell is a state that a witness saw, as the witness named it.
func stateCell(e *journal.Event) claim.Cell {
	if e == nil {
		return claim.Told("")
	}
	return claim.Told(e.State.To, e)
}

// ownState asks sock_diag alone where the caller has no descriptor left.
func ownState(w *way) claim.Cell {
	if w.Name() == claim.Closed && !w.Attached(journal.SockDiag) {
		return claim.Told("")
	}
	return stateCell(w.StateAt(w.Who, w.peersTurn()))
}

// endedIn is the state in which a socket was at last. TCP_INFO calls it CLOSE where
// only a TIME_WAIT is left, so without sock_diag it is not known.
func endedIn(w *way) claim.Cell {
	if !w.Attached(journal.SockDiag) {
		return claim.Told("")
	}
	return stateCell(w.StateAt(w.Who, nil))
}

func peerState(w *way) claim.Cell { return stateCell(w.StateAt(w.Other(), w.peersTurn())) }
func lastState(w *way) claim.Cell { return stateCell(w.StateAt(w.Other(), nil)) }

// peerCall is what the peer's n-th call of a kind returned, after the ending.
func peerCall(n int, ops ...string) func(*way) claim.Cell {
	return func(w *way) claim.Cell {
		e := claim.Nth(w.Calls(w.Other(), w.By, ops...), n)
		return claim.Told(claim.Returned(e), e)
	}
}

// dataMet is what the caller's kernel answered to the peer's data.
func dataMet(w *way) claim.Cell {
	write, answer := w.lateData()
	switch {
	case write == nil || !w.HasPackets():
		return claim.Told("")
	case answer == nil:
		return claim.Told("no answer", write)
	}
	return claim.Told(claim.FlagsOf([]*journal.Event{answer}), write, answer)
}

// ownRead is what the caller read after the peer's data, or after its ending.
func ownRead(w *way) claim.Cell {
	since, _ := w.lateData()
	if since == nil {
		since = w.By
	}
	read := claim.Nth(w.reads(w.Who, since), 0)
	switch {
	case read == nil && w.Name() == claim.Closed:
		return claim.Told("no descriptor", w.By)
	case read == nil:
		return claim.Told("")
	case len(read.Call.Data) > 0:
		return claim.Told(fmt.Sprintf("%d: %q", read.Call.Result, read.Call.Data), read)
	}
	return claim.Told(claim.Returned(read), read)
}

// compareDeliveries is the table of what became of data that was unsent.
func compareDeliveries(v *tcp.View) *claim.Comparison {
	j := v.Journal
	all := deliveries(j)
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
		t.Ways = append(t.Ways, d.Who+" "+d.Short())
		unsent := claim.Told("") // not known without packets
		if d.HasPackets() {
			unsent = claim.Told(fmt.Sprint(d.unsent()), d.By)
		}
		for k, cell := range []claim.Cell{
			claim.Told(fmt.Sprint(d.given), d.By),
			unsent,
			claim.Told(fmt.Sprint(d.Unread(d.Who, d.By)), d.By),
			claim.Told(seconds(d.first.T-d.By.T)+" later", d.first),
			claim.Told(fmt.Sprint(d.got), d.first),
			claim.Told(claim.Returned(d.end), d.end),
			endedIn(&d.way),
		} {
			t.Rows[k].Cells = append(t.Rows[k].Cells, cell)
		}
	}
	return t
}
