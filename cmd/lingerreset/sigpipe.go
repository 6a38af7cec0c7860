package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// sigpipe: the peer closes; the first write draws a RST, the next raises
// SIGPIPE: with each disposition of it, and by every call that can raise it.
func sigpipe(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	for _, d := range []disposition{journal.DefaultSIGPIPE, journal.IgnoreSIGPIPE, journal.HandleSIGPIPE, journal.BlockSIGPIPE} {
		writesTwice(t, l, d, (*scenario.Child).Write)
	}
	for _, by := range otherCalls {
		writesTwice(t, l, journal.DefaultSIGPIPE, by)
	}
	afterOwnShutdown(t, l)
	if t.OnWire() { // elsewhere the RST is back before the first write returns
		manyUnderWay(t, l)
	}
}

// send is a call by which a process sends.
type send func(c *scenario.Child, e *scenario.End, line string)

// otherCalls are the calls besides write that send, the first without a signal.
var otherCalls = []send{
	func(c *scenario.Child, e *scenario.End, line string) { c.SendMsg(e, line, journal.MSGNoSignal) },
	(*scenario.Child).Writev,
	(*scenario.Child).Sendfile,
	(*scenario.Child).Splice,
	func(c *scenario.Child, e *scenario.End, _ string) { c.Write(e, "") },
}

// writesTwice lets the peer close, and a process write once, and when the RST
// has come back, send again.
func writesTwice(t *scenario.T, l *scenario.Listener, d disposition, again send) {
	w := newWriter(t, l, d)
	w.peer.Close()
	w.write("first")
	again(w.Child, w.end, "second")
}

// afterOwnShutdown: the process itself has shut down for writing; no RST is
// needed then.
func afterOwnShutdown(t *scenario.T, l *scenario.Listener) {
	w := newWriter(t, l, journal.DefaultSIGPIPE)
	w.Shutdown(w.end, journal.ShutWrite)
	w.write("too late")
}

// manyUnderWay: until the RST has come back, writes go on succeeding.
func manyUnderWay(t *scenario.T, l *scenario.Listener) {
	w := newWriter(t, l, journal.DefaultSIGPIPE)
	w.peer.Close()
	t.AtOnce(func() {
		w.write("more")
		w.write("more")
		w.write("more")
	})
	t.Settle()
	w.write("the last")
}

// ends expects that a send ended its process by SIGPIPE.
func (p *process) ends(c *claim.Case, by *journal.Event) {
	c.Cite(by, p.Ended)
	killed := by.Call.Signal == journal.SIGPIPE && by.Call.Errno == "" && p.Ended != nil && p.Ended.Process.Signal == journal.SIGPIPE
	c.Expect(killed, "%s of %s returned %s, and SIGPIPE did not end its process", by.Call.Op, p.ID, claim.Returned(by))
}

// outlives expects that a send failed with EPIPE, and its process went on.
func (p *process) outlives(c *claim.Case, by *journal.Event) {
	c.Cite(by, p.Ended)
	c.Expect(by.Call.Errno == journal.EPIPE && p.Ended == nil, "with SIGPIPE at %q %s of %s returned %s, and the process %s",
		p.disposition(), by.Call.Op, p.ID, claim.Returned(by), endText(p.Ended))
	c.Absent()
}

const noneWrote = "no such process sent again when a RST had come"

var lr8 = claim.Claim{
	ID: "LR8", Statement: "after that RST, a write raises SIGPIPE, which ends the process by default",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the RST has arrived before the write",
	Rule: claim.Each(processes, func(c *claim.Case, p process) {
		c.If(p.kind() == byDefault)
		p.ends(c, p.again())
		c.Holds("the write of %s after the RST ended its process by SIGPIPE, as its wait status says", p.ID)
	}),
}

var lr11 = claim.Claim{
	ID: "LR11", Statement: "handling or ignoring SIGPIPE leaves EPIPE",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "a write that raises SIGPIPE",
	Rule: claim.Each(processes, func(c *claim.Case, p process) {
		c.If(p.kind() == ignoring || p.kind() == handling)
		p.outlives(c, p.again())
		claim.ChallengedByEach(c, processes(c.View), (*process).kind, "with SIGPIPE at %q none wrote again", ignoring, handling)
		c.Holds("%s: %s, and the process went on", p.kind(), claim.Returned(p.again()))
	}),
}

var lr12 = claim.Claim{
	ID: "LR12", Statement: "MSG_NOSIGNAL leaves EPIPE without a signal",
	Source: "send(2)", Quantity: claim.Always, Needs: needsDiag,
	Precondition: "a send that would raise SIGPIPE",
	Rule: claim.Each(processes, func(c *claim.Case, p process) {
		c.If(p.kind() == flagNoSignal)
		p.outlives(c, p.again())
		c.Expect(p.again().Call.Signal == "", "sendmsg with MSG_NOSIGNAL raised %s", p.again().Call.Signal)
		c.Holds("sendmsg with MSG_NOSIGNAL returned EPIPE, and the process, with SIGPIPE at its default, went on")
	}),
}

// otherWays are the ways to raise SIGPIPE besides write, by name.
var otherWays = []string{"writev", "sendfile", "splice", "a write of no bytes", "a write after one's own SHUT_WR"}

// lastSend is the call that may raise SIGPIPE; nil: there was none.
func (p *process) lastSend() *journal.Event {
	if p.closed == nil && p.shut != nil {
		return tcp.First(p.sends)
	}
	return p.again()
}

// way names the way in which a process sent then; "": the plain one, or none.
func (p *process) way() string {
	by := p.lastSend()
	switch {
	case by == nil:
	case p.closed == nil && p.shut != nil:
		return otherWays[4]
	case isEmpty(by):
		return otherWays[3]
	case slices.Contains(otherWays, by.Call.Op):
		return by.Call.Op
	}
	return ""
}

var lr22 = claim.Claim{
	ID: "LR22", Statement: "SIGPIPE comes from writev, sendfile, splice and a write of no bytes too, and after one's own SHUT_WR",
	Source: "pipe(7), send(2)", Quantity: claim.Always, Needs: needsDiag,
	Precondition: "SIGPIPE is at its default",
	Rule: claim.Each(processes, func(c *claim.Case, p process) {
		by := p.lastSend()
		way := p.way()
		c.If(way != "" && p.disposition() == byDefault)
		c.Cite(p.shut)
		p.ends(c, by)
		claim.ChallengedByEach(c, processes(c.View), (*process).way, "%s was not tried", otherWays...)
		c.Holds("%s ended its process by SIGPIPE", way)
	}),
}

// drawn expects that the first send after the peer's close drew a RST: without one nothing
// kills.
func drawn(c *claim.Case, p process) *journal.Event {
	c.If(p.closed != nil && len(p.sends) > 1)
	first, second := c.Nth(p.sends, 0), c.Nth(p.sends, 1)
	c.Given(!resetBefore(p.Socket, p.closed.N, first.N), "%s had been reset before it sent anything: the kernel had given the peer's socket up", p.ID)
	c.ExpectSeen(p.gone != nil, "no RST reached %s: its first %s returned %s, its second %s", p.ID, first.Call.Op, claim.Returned(first), second.Call.Op)
	c.If(p.again() != nil)
	return p.again()
}

// killsByDefault is the phenomenon of sigpipe: the write after the RST ends a process, but not
// one that ignores or handles SIGPIPE, or sends with MSG_NOSIGNAL.
var killsByDefault = claim.Phenomenon{
	Needs: needsDiag, Quantity: claim.Always, Precondition: noneWrote,
	Rule: claim.Each(processes, func(c *claim.Case, p process) {
		again := drawn(c, p)
		c.If(p.kind() != "")
		if p.kind() == byDefault {
			p.ends(c, again)
		} else {
			p.outlives(c, again)
		}
		claim.GivenEach(c, processes(c.View), (*process).kind, "none wrote again with %s", byDefault, ignoring, handling, flagNoSignal)
		c.Holds("the write after the RST ended the process with SIGPIPE at its default, and no other")
	}),
}
