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
	senders := tcp.Where(processes(v), func(p process) bool { return len(p.sends) > 0 })
	return claim.Down("Who sent how, after the peer had closed", senders, func(p *process) string { return p.ID },
		claim.Show("SIGPIPE was", func(p *process) claim.Cell { return claim.Told(string(p.disposition())) }),
		claim.Show("1st send", func(p *process) claim.Cell {
			return claim.Told(p.sends[0].Call.Op+" "+claim.Returned(p.sends[0]), p.sends[0])
		}),
		claim.Show("RST", func(p *process) claim.Cell {
			switch {
			case p.rst != nil:
				return claim.Told("came", p.rst.Event)
			case p.gone != nil:
				return claim.Told("came", p.gone)
			case p.unreset(v):
				return claim.Told("none")
			}
			return claim.Told("")
		}),
		claim.Show("next send", func(p *process) claim.Cell { return claim.Told(callText(p.next(v)), p.next(v)) }),
		claim.Show("returned", func(p *process) claim.Cell { return claim.Result(p.next(v)) }),
		claim.Show("its process", func(p *process) claim.Cell { return claim.Told(endText(p.Ended), p.Ended) }),
	)
}

// unreset says whether no RST came: it would have been seen.
func (p *process) unreset(v *tcp.View) bool {
	return p.rst == nil && p.gone == nil && v.Journal.Attached(journal.Packets) && v.Journal.Attached(journal.SockDiag)
}

// next is the send after the RST, or, where none came, after the first.
func (p *process) next(v *tcp.View) *journal.Event {
	if p.unreset(v) && len(p.sends) > 1 {
		return p.sends[1]
	}
	return p.again()
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
