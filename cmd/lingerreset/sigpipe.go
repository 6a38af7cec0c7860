package main

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// process is a child that alone writes to a connection.
type process struct {
	claim.Connection
	disposition string
	closed      *journal.Event   // by the peer; nil: it did not close
	shut        *journal.Event   // the process's own shutdown for writing; nil: none
	sends       []*journal.Event // by the process, after one of those
	rst, gone   *journal.Event   // that the first drew, and what it did to the socket
	end         *journal.Event   // of the process, by a signal or otherwise; nil: the run ended it
}

// goWrite is a write by Go's os package.
const goWrite = "(*os.File).Write"

// byAny are all calls by which a process sends.
var byAny = append([]string{goWrite}, claim.Sending...)

// processes lists them, in order.
func processes(j *journal.Journal) []process {
	var started []*journal.Process
	for i := range j.Events {
		if p := j.Events[i].Process; p != nil && p.Event == "started" {
			started = append(started, p)
		}
	}
	if len(started) == 0 {
		return nil
	}
	var all []process
	connections := claim.Connections(j)
	for _, p := range started {
		for _, c := range connections {
			if slices.Contains(p.Sockets, c.Client) {
				all = append(all, processOf(j, c, p))
			}
		}
	}
	return all
}

func processOf(j *journal.Journal, c claim.Connection, started *journal.Process) process {
	p := process{Connection: c, disposition: started.Disposition, end: endOf(j, started.PID)}
	p.closed = claim.Nth(c.Calls(c.Server, nil, "close"), 0)
	for _, e := range c.Calls(c.Client, nil, "shutdown") {
		if p.shut == nil && e.Call.Errno == "" && slices.Contains(e.Call.Args, "SHUT_WR") {
			p.shut = e
		}
	}
	since := p.closed
	if since == nil {
		since = p.shut
	}
	if since != nil {
		p.sends = c.Calls(c.Client, since, byAny...)
	}
	if len(p.sends) > 0 {
		p.rst, p.gone = p.learned(p.sends[0])
	}
	return p
}

// endOf is how a process ended in the play; nil: it was ended by the tearing down.
func endOf(j *journal.Journal, pid int) (end *journal.Event) {
	for i := range j.Events {
		e := &j.Events[i]
		if e.Process != nil && e.Process.PID == pid && (e.Process.Event == "killed" || e.Process.Event == "exited") &&
			(j.Played == 0 || e.N <= j.Played) {
			end = e
		}
	}
	return end
}

// learned is when the writer's kernel had the RST: the segment as it arrived, and
// the socket's going, for on lo a segment is seen before a filter may drop it.
// Where no packets were seen, that alone.
func (p *process) learned(first *journal.Event) (rst, gone *journal.Event) {
	for _, e := range claim.States(p.Journal, p.Client, journal.SockDiag) {
		if e.N > first.N && e.State.To == journal.Gone && gone == nil {
			gone = e
		}
	}
	if gone == nil || !p.HasPackets() {
		return gone, gone
	}
	if rst = claim.WithFlag(p.Arrived(p.Client, first, nil), "RST"); rst == nil {
		return nil, nil
	}
	return rst, gone
}

// after is the first call that sent after the RST had arrived.
func (p *process) after() *journal.Event {
	for _, e := range p.sends {
		if p.rst != nil && e.N > p.rst.N && e.N > p.gone.N {
			return e
		}
	}
	return nil
}

// isPlain says whether a call is write(2) with something to write.
func isPlain(e *journal.Event) bool { return e.Call.Op == "write" && !isEmpty(e) }

// isEmpty says whether it is one of no bytes.
func isEmpty(e *journal.Event) bool {
	n := len(e.Call.Args)
	return e.Call.Op == "write" && n > 0 && e.Call.Args[n-1] == "0"
}

// killed says whether a call ended its process by SIGPIPE.
func (p *process) killed(by *journal.Event) bool {
	return by.Call.Signal == "SIGPIPE" && by.Call.Errno == "" && p.end != nil && p.end.Process.Signal == "SIGPIPE"
}

// firstSend is the first that an end sent after the other's orderly close had
// reached it, and what it drew.
type firstSend struct {
	claim.Connection
	closed, call *journal.Event
	arrived      *journal.Event // what was sent; nil: it was lost
	rst          *journal.Event // nil: none was drawn
}

// firstSends lists them, by whomever.
func firstSends(j *journal.Journal) []firstSend {
	var all []firstSend
	for _, c := range claim.Connections(j) {
		closed := claim.Nth(c.Calls(c.Server, nil, "close"), 0)
		if closed == nil || len(c.Calls(c.Client, nil, "shutdown")) > 0 {
			continue
		}
		first := claim.Nth(c.Calls(c.Client, closed, byAny...), 0)
		if first == nil || claim.WithFlag(c.Arrived(c.Client, closed, first), "FIN") == nil || resetBefore(&c, closed, first) {
			continue
		}
		f := firstSend{Connection: c, closed: closed, call: first}
		for _, e := range c.Arrived(c.Server, first, nil) {
			if e.Packet.Len > 0 {
				f.arrived = e
				f.rst = claim.WithFlag(c.Sent(c.Server, e, nil), "RST")
				break
			}
		}
		all = append(all, f)
	}
	return all
}

// resetBefore says whether a client had been reset before its first send already. Where
// the machine stands still for seconds, the server's kernel gives the closed socket up
// (tcp_orphan_retries), and answers the acknowledgement of its FIN with a RST.
func resetBefore(c *claim.Connection, closed, first *journal.Event) bool {
	return claim.WithFlag(c.Arrived(c.Client, closed, first), "RST") != nil ||
		slices.ContainsFunc(claim.Entered(c.Journal, c.Client, journal.Gone), func(e *journal.Event) bool { return claim.Between(e, closed, first) })
}

// draws judges them.
func draws(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, f := range firstSends(j) {
		switch {
		case f.call.Call.Errno != "" || f.call.Call.Signal != "":
			return claim.Refute(claim.Numbers(f.closed, f.call), "the first %s of %s after the peer's close() returned %s", f.call.Call.Op, f.Client, claim.Returned(f.call))
		case f.arrived == nil:
			continue // what does not arrive draws nothing
		case f.rst == nil:
			return claim.Refuse(j, claim.Numbers(f.closed, f.call, f.arrived), "the first %s of %s after the peer's close() succeeded, and drew no RST", f.call.Call.Op, f.Client)
		}
		cited = append(cited, f.closed, f.call, f.rst)
	}
	if len(cited) == 0 {
		return claim.Unclear("nothing that was sent after the peer's close() was seen to arrive")
	}
	return claim.Confirm(claim.Numbers(cited...), "the first send after the peer's close() succeeded, and drew a RST, %d times", len(cited)/3)
}

var lr7 = claim.Claim{
	ID: "LR7", Statement: "after the peer's close(), the first send succeeds and draws a RST",
	Source: article004, Quantity: claim.Always,
	Precondition: "the close was an orderly one, its FIN has arrived, no RST has, and what is sent arrives",
	Needs:        needsPackets, Check: draws,
}

// dies judges that a write after the RST ends a process with SIGPIPE at its default.
func dies(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, p := range processes(j) {
		again := p.after()
		if p.disposition != "default" || again == nil || !isPlain(again) {
			continue
		}
		if !p.killed(again) {
			return claim.Refute(claim.Numbers(p.rst, again, p.end), "the write after the RST returned %s, and SIGPIPE did not end the process", claim.Returned(again))
		}
		cited = append(cited, p.rst, again, p.end)
	}
	if len(cited) == 0 {
		return notWritten(j)
	}
	return claim.Confirm(claim.Numbers(cited...), "the write after the RST ended the process by SIGPIPE, as its wait status says")
}

func notWritten(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("not every process that it takes was seen to write after a RST")
}

var lr8 = claim.Claim{
	ID: "LR8", Statement: "after that RST, a write raises SIGPIPE, which ends the process by default",
	Source: article004, Quantity: claim.Always,
	Precondition: "the RST has arrived before the write",
	Needs:        needsDiag, Check: dies,
}

// survives judges that a write after the RST leaves EPIPE to processes of the
// dispositions named, all of which must have been tried.
func survives(j *journal.Journal, dispositions ...string) claim.Finding {
	var (
		cited      []*journal.Event
		told, seen []string
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
		seen = append(seen, p.disposition)
		told = append(told, fmt.Sprintf("%s: %s", p.disposition, claim.Returned(again)))
	}
	for _, d := range dispositions {
		if !slices.Contains(seen, d) {
			return notWritten(j)
		}
	}
	return claim.Confirm(claim.Numbers(cited...), "%s; the processes went on", strings.Join(told, "; "))
}

var lr11 = claim.Claim{
	ID: "LR11", Statement: "handling or ignoring SIGPIPE leaves EPIPE",
	Source: article004, Quantity: claim.Always,
	Precondition: "a write that raises SIGPIPE",
	Needs:        needsDiag,
	Check:        func(j *journal.Journal) claim.Finding { return survives(j, "ignore", "handler") },
}

// nosignal judges that MSG_NOSIGNAL leaves EPIPE where a write would have killed.
func nosignal(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, p := range processes(j) {
		again := p.after()
		if p.disposition != "default" || again == nil || !slices.Contains(again.Call.Args, "MSG_NOSIGNAL") {
			continue
		}
		if again.Call.Errno != "EPIPE" || again.Call.Signal != "" || p.end != nil {
			return claim.Refute(claim.Numbers(p.rst, again, p.end), "sendmsg with MSG_NOSIGNAL returned %s", claim.Returned(again))
		}
		cited = append(cited, p.rst, again)
	}
	if len(cited) == 0 {
		return notWritten(j)
	}
	return claim.Confirm(claim.Numbers(cited...), "sendmsg with MSG_NOSIGNAL returned EPIPE, and the process, with SIGPIPE at its default, went on")
}

var lr12 = claim.Claim{
	ID: "LR12", Statement: "MSG_NOSIGNAL leaves EPIPE without a signal",
	Source: "send(2)", Quantity: claim.Always,
	Precondition: "a send that would raise SIGPIPE",
	Needs:        needsDiag, Check: nosignal,
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
	case isEmpty(again):
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
	Needs:        needsDiag,
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

// drawsKiller judges that where processes sent again after the peer's close, a RST
// had come meanwhile: without one nothing kills.
func drawsKiller(j *journal.Journal) claim.Finding {
	for _, p := range processes(j) {
		switch {
		case p.closed == nil || p.rst != nil || len(p.sends) < 2:
		case resetBefore(&p.Connection, p.closed, p.sends[0]):
			return claim.Unclear("%s had been reset before it sent anything: the kernel had given the peer's socket up", p.Client)
		default:
			return claim.Refuse(j, claim.Numbers(p.closed, p.sends[0], p.sends[1]), "no RST reached %s: its first %s returned %s, its second %s",
				p.Client, p.sends[0].Call.Op, claim.Returned(p.sends[0]), claim.Returned(p.sends[1]))
		}
	}
	return claim.Confirm(nil, "")
}

// killsByDefault is the phenomenon of sigpipe.
var killsByDefault = claim.Phenomenon{
	Needs: needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		if f := drawsKiller(j); f.Verdict != claim.Confirmed {
			return f
		}
		return claim.Together(j, dies, func(j *journal.Journal) claim.Finding { return survives(j, "ignore", "handler") }, nosignal)
	},
}

// compareSends is the table of who sent how, and what came of it.
func compareSends(v *tcp.View) *claim.Comparison {
	j := v.Journal
	t := &claim.Comparison{
		Title: "Who sent how, after the peer had closed",
		Ways:  []string{"SIGPIPE was", "1st send", "RST", "next send", "returned", "its process"},
	}
	for _, p := range processes(j) {
		if len(p.sends) == 0 {
			continue
		}
		first, again := p.sends[0], p.after()
		rst := claim.Told("")
		switch {
		case p.rst != nil:
			rst = claim.Told("came", p.rst)
		case p.HasPackets() && p.Attached(journal.SockDiag): // else it would not have been seen
			rst = claim.Told("none")
			if len(p.sends) > 1 {
				again = p.sends[1]
			}
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
	args := e.Call.Args
	if len(args) > 0 {
		args = args[1:]
	}
	return e.Call.Op + "(" + strings.Join(args, ", ") + ")"
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
