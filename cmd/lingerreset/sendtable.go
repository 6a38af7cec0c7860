package main

import (
	"fmt"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// compareSends is the table of who sent how, and what came of it.
func compareSends(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{
		Title: "Who sent how, after the peer had closed",
		Ways:  []string{"SIGPIPE was", "1st send", "RST", "next send", "returned", "its process"},
	}
	for _, p := range processes(v) {
		if len(p.sends) == 0 {
			continue
		}
		again, rst := p.again(), claim.Told("")
		switch {
		case p.rst != nil:
			rst = claim.Told("came", p.rst.Event)
		case p.gone != nil:
			rst = claim.Told("came", p.gone)
		case v.Journal.Attached(journal.Packets) && v.Journal.Attached(journal.SockDiag): // else it would not have been seen
			rst = claim.Told("none")
			if len(p.sends) > 1 {
				again = p.sends[1]
			}
		}
		t.Rows = append(t.Rows, claim.Compared{What: p.ID, Cells: []claim.Cell{
			claim.Told(string(p.disposition())), claim.Told(p.sends[0].Call.Op+" "+claim.Returned(p.sends[0]), p.sends[0]), rst,
			claim.Told(callText(again), again), claim.Told(claim.Returned(again), again), claim.Told(endText(p.Ended), p.Ended),
		}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// callText names a call with its arguments, the socket aside.
func callText(e *journal.Event) string {
	if e == nil {
		return ""
	}
	args := e.Call.Args
	return e.Call.Op + "(" + strings.Join(args[min(1, len(args)):], ", ") + ")"
}

// endText says how a process ended.
func endText(e *journal.Event) string {
	switch {
	case e == nil:
		return "went on"
	case e.Process.Signal != "":
		return "killed by " + string(e.Process.Signal)
	}
	return fmt.Sprintf("exited with %d", e.Process.Status)
}
