package main

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// process is a child that alone writes to a connection.
type process struct {
	claim.Connection
	disposition string
	closed      *journal.Event   // by the peer; nil: it did not close
	shut        *journal.Event   // the process's own shutdown for writing; nil: none
	sends       []*journal.Event // by the process, after one of those
	rst         *journal.Event   // that the first drew
	end         *journal.Event   // of the process, by a signal or otherwise; nil: the run ended it
}

// goWrite is a write by Go's os package.
const goWrite = "(*os.File).Write"

// processes lists them, in order.
func processes(j *journal.Journal) []process {
	var all []process
	for i := range j.Events {
		p := j.Events[i].Process
		if p == nil || p.Event != "started" {
			continue
		}
		for _, c := range claim.Connections(j) {
			if slices.Contains(p.Sockets, c.Client) {
				all = append(all, processOf(j, c, p))
			}
		}
	}
	return all
}

func processOf(j *journal.Journal, c claim.Connection, started *journal.Process) process {
	p := process{Connection: c, disposition: started.Disposition}
	p.closed = claim.Nth(c.Calls(c.Server, nil, "close"), 0)
	p.shut = claim.Nth(c.Calls(c.Client, nil, "shutdown"), 0)
	since := p.closed
	if since == nil {
		since = p.shut
	}
	if since != nil {
		p.sends = c.Calls(c.Client, since, append([]string{goWrite}, claim.Sending...)...)
	}
	if len(p.sends) > 0 {
		p.rst = p.learned(p.sends[0])
	}
	for i := range j.Events {
		e := &j.Events[i]
		if e.Process != nil && e.Process.PID == started.PID && (e.Process.Event == "killed" || e.Process.Event == "exited") &&
			(j.Played == 0 || e.N <= j.Played) {
			p.end = e
		}
	}
	return p
}

// learned is when the writer's kernel had the RST: the segment as it arrived, or,
// where no packets were seen, the socket's going.
func (p *process) learned(first *journal.Event) *journal.Event {
	if rst := claim.WithFlag(p.Arrived(p.Client, first, nil), "RST"); rst != nil || p.HasPackets() {
		return rst
	}
	for _, e := range claim.States(p.Journal, p.Client, journal.SockDiag) {
		if e.N > first.N && e.State.To == journal.Gone {
			return e
		}
	}
	return nil
}

// after is the first call that sent after the RST had arrived.
func (p *process) after() *journal.Event {
	for _, e := range p.sends {
		if p.rst != nil && e.N > p.rst.N {
			return e
		}
	}
	return nil
}

// isPlain says whether a call is write(2) with something to write.
func isPlain(e *journal.Event) bool {
	return e.Call.Op == "write" && e.Call.Args[len(e.Call.Args)-1] != "0"
}

// killed says whether a call ended its process by SIGPIPE.
func (p *process) killed(by *journal.Event) bool {
	return by.Call.Signal == "SIGPIPE" && by.Call.Errno == "" && p.end != nil && p.end.Process.Signal == "SIGPIPE"
}

// firstSends judges the first send after the peer's orderly close, by whoever.
func firstSends(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, c := range claim.Connections(j) {
		closed := claim.Nth(c.Calls(c.Server, nil, "close"), 0)
		if closed == nil || lingerAt(&c, c.Server, closed) != "" || claim.WithFlag(c.Sent(c.Server, closed, nil), "FIN") == nil {
			continue
		}
		first := claim.Nth(c.Calls(c.Client, closed, append([]string{goWrite}, claim.Sending...)...), 0)
		if first == nil || len(c.Calls(c.Client, nil, "shutdown")) > 0 {
			continue
		}
		if first.Call.Errno != "" || first.Call.Signal != "" {
			return claim.Refute(claim.Numbers(closed, first), "the first %s of %s after the peer's close() returned %s", first.Call.Op, c.Client, claim.Returned(first))
		}
		rst := claim.WithFlag(c.Sent(c.Server, first, nil), "RST")
		if rst == nil {
			return claim.Refuse(j, claim.Numbers(closed, first), "the first %s of %s after the peer's close() succeeded, and drew no RST", first.Call.Op, c.Client)
		}
		cited = append(cited, closed, first, rst)
	}
	if len(cited) == 0 {
		return claim.Unclear("nobody was seen to send after the peer's close()")
	}
	return claim.Confirm(claim.Numbers(cited...), "the first send after the peer's close() succeeded, and drew a RST, %d times", len(cited)/3)
}

var lr7 = claim.Claim{
	ID: "LR7", Statement: "after the peer's close(), the first send succeeds and draws a RST",
	Source: article004, Quantity: claim.Always,
	Precondition: "the close was an orderly one, and the FIN has arrived",
	Needs:        needsPackets, Check: firstSends,
}

// dies judges that a write after the RST ends a process with SIGPIPE at its default.
func dies(j *journal.Journal) claim.Finding {
	for _, p := range processes(j) {
		again := p.after()
		if p.disposition != "default" || again == nil || !isPlain(again) {
			continue
		}
		if !p.killed(again) {
			return claim.Refute(claim.Numbers(p.rst, again, p.end), "the write after the RST returned %s, and SIGPIPE did not end the process", claim.Returned(again))
		}
		return claim.Confirm(claim.Numbers(p.rst, again, p.end), "the write after the RST ended the process by SIGPIPE, as its wait status says")
	}
	return notWritten(j)
}

func notWritten(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no process was seen to write so after a RST")
}

var lr8 = claim.Claim{
	ID: "LR8", Statement: "after that RST, a write raises SIGPIPE, which ends the process by default",
	Source: article004, Quantity: claim.Always,
	Precondition: "the RST has arrived before the write",
	Needs:        needsCalls, Check: dies,
}

// survives judges that a write after the RST leaves EPIPE to processes of the
// dispositions named, all of which must have been tried.
func survives(j *journal.Journal, dispositions ...string) claim.Finding {
	var (
		cited []*journal.Event
		told  []string
	)
	for _, p := range processes(j) {
		again := p.after()
		if again == nil || !slices.Contains(dispositions, p.disposition) || !isPlain(again) {
			continue
		}
		if again.Call.Errno != "EPIPE" || p.end != nil {
			return claim.Refute(claim.Numbers(p.rst, again, p.end), "with SIGPIPE at %q the write after the RST returned %s", p.disposition, claim.Returned(again))
		}
		cited = append(cited, p.rst, again)
		told = append(told, fmt.Sprintf("%s: %s", p.disposition, claim.Returned(again)))
	}
	if len(told) < len(dispositions) {
		return notWritten(j)
	}
	return claim.Confirm(claim.Numbers(cited...), "%s; the processes went on", strings.Join(told, "; "))
}

var lr11 = claim.Claim{
	ID: "LR11", Statement: "handling or ignoring SIGPIPE leaves EPIPE",
	Source: article004, Quantity: claim.Always,
	Precondition: "a write that raises SIGPIPE",
	Needs:        needsCalls,
	Check:        func(j *journal.Journal) claim.Finding { return survives(j, "ignore", "handler") },
}

// nosignal judges that MSG_NOSIGNAL leaves EPIPE where a write would have killed.
func nosignal(j *journal.Journal) claim.Finding {
	for _, p := range processes(j) {
		again := p.after()
		if p.disposition != "default" || again == nil || !slices.Contains(again.Call.Args, "MSG_NOSIGNAL") {
			continue
		}
		if again.Call.Errno != "EPIPE" || again.Call.Signal != "" || p.end != nil {
			return claim.Refute(claim.Numbers(p.rst, again, p.end), "sendmsg with MSG_NOSIGNAL returned %s", claim.Returned(again))
		}
		return claim.Confirm(claim.Numbers(p.rst, again), "sendmsg with MSG_NOSIGNAL returned EPIPE, and the process, with SIGPIPE at its default, went on")
	}
	return notWritten(j)
}

var lr12 = claim.Claim{
	ID: "LR12", Statement: "MSG_NOSIGNAL leaves EPIPE without a signal",
	Source: "send(2)", Quantity: claim.Always,
	Precondition: "a send that would raise SIGPIPE",
	Needs:        needsCalls, Check: nosignal,
}

// theOthers are the ways to raise SIGPIPE besides write, by name.
var theOthers = []string{"writev", "sendfile", "splice", "a write of no bytes", "a write after one's own SHUT_WR"}

// wayOf names the way in which a process sent last, "" for the plain one.
func (p *process) wayOf() (string, *journal.Event) {
	if p.closed == nil && p.shut != nil {
		return theOthers[4], claim.Nth(p.sends, 0)
	}
	again := p.after()
	switch {
	case again == nil:
		return "", nil
	case again.Call.Op == "write" && !isPlain(again):
		return theOthers[3], again
	case slices.Contains(theOthers, again.Call.Op):
		return again.Call.Op, again
	}
	return "", nil
}

var lr22 = claim.Claim{
	ID: "LR22", Statement: "SIGPIPE comes from writev, sendfile, splice and a write of no bytes too, and after one's own SHUT_WR",
	Source: "pipe(7), send(2)", Quantity: claim.Always,
	Precondition: "SIGPIPE is at its default",
	Needs:        needsCalls,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited []*journal.Event
			tried []string
		)
		for _, p := range processes(j) {
			way, by := p.wayOf()
			if way == "" || by == nil || p.disposition != "default" {
				continue
			}
			if !p.killed(by) {
				return claim.Refute(claim.Numbers(by, p.end), "%s returned %s, and the process was not ended by SIGPIPE", way, claim.Returned(by))
			}
			tried = append(tried, way)
			cited = append(cited, by, p.end)
		}
		for _, way := range theOthers {
			if !slices.Contains(tried, way) {
				return claim.Unclear("%s was not tried", way)
			}
		}
		return claim.Confirm(claim.Numbers(cited...), "each ended its process by SIGPIPE: %s", strings.Join(tried, ", "))
	},
}

// killsByDefault is the phenomenon of sigpipe.
var killsByDefault = claim.Phenomenon{
	Needs: needsCalls,
	Check: func(j *journal.Journal) claim.Finding {
		return claim.Together(j, dies, func(j *journal.Journal) claim.Finding { return survives(j, "ignore", "handler") }, nosignal)
	},
}

// goDies is the phenomenon of go-runtime: on descriptors 1 and 2 a Go process
// dies of SIGPIPE, on others it gets EPIPE.
var goDies = claim.Phenomenon{
	Needs: needsCalls,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited []*journal.Event
			told  []string
		)
		for _, call := range claim.Calls(j, "", goWrite) {
			if call.Call.Errno == "" && call.Call.Signal == "" || len(call.Call.Args) < 3 {
				continue // the first, which succeeds
			}
			descriptor := call.Call.Args[2]
			standard := descriptor == "descriptor 1" || descriptor == "descriptor 2"
			died := call.Call.Signal == "SIGPIPE" && call.Call.Errno == ""
			if died != standard || !died && call.Call.Errno != "EPIPE" {
				return claim.Refute(claim.Numbers(call), "a Go program's write to %s returned %s", descriptor, claim.Returned(call))
			}
			cited = append(cited, call)
			told = append(told, descriptor+": "+claim.Returned(call))
		}
		if len(told) < 3 {
			if f, ok := claim.Complete(j); !ok {
				return f
			}
			return claim.Unclear("a Go program's second write was seen on %d of 3 descriptors", len(told))
		}
		return claim.Confirm(claim.Numbers(cited...), "%s", strings.Join(told, "; "))
	},
}

// compareSends is the table of who sent how, and what came of it.
func compareSends(j *journal.Journal) *claim.Comparison {
	t := &claim.Comparison{
		Title: "Who sent how, after the peer had closed",
		Ways:  []string{"SIGPIPE was", "1st send", "RST", "next send", "returned", "its process"},
	}
	for _, p := range processes(j) {
		if len(p.sends) == 0 {
			continue
		}
		first, again := p.sends[0], p.after()
		if again == nil && len(p.sends) > 1 {
			again = p.sends[1]
		}
		rst := claim.Told("none")
		if p.rst != nil {
			rst = claim.Told("came", p.rst)
		}
		t.Rows = append(t.Rows, claim.Compared{What: p.Client, Cells: []claim.Cell{
			claim.Told(p.disposition), claim.Told(first.Call.Op+" "+claim.Returned(first), first), rst,
			claim.Told(callText(again), again), claim.Told(claim.Returned(again), again), claim.Told(endText(p.end), p.end),
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
	return e.Call.Op + "(" + strings.Join(e.Call.Args[1:], ", ") + ")"
}

// endText says how a process ended.
func endText(e *journal.Event) string {
	switch {
	case e == nil:
		return "went on"
	case e.Process.Signal != "":
		return "killed by " + e.Process.Signal
	}
	return fmt.Sprintf("exited with %d", e.Process.Status)
}
