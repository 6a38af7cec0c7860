package main

import (
	"cmp"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// goWrite is a write by Go's os package.
const goWrite = "(*os.File).Write"

// byAny are all calls by which a program sends.
var byAny = append([]string{goWrite}, tcp.Sending...)

// process is one that was started with a connection's client end.
type process struct {
	tcp.Process
	*tcp.Socket
	closed *journal.Event   // by the peer; nil: it did not close
	shut   *journal.Event   // the process's own shutdown for writing; nil: none
	sends  []*journal.Event // by the process, after one of those
	rst    *tcp.Segment     // that the first drew; nil: none, or packets were not seen
	gone   *journal.Event   // the socket was, by that RST; nil: it was not
}

// processes lists them, in order.
var processes = tcp.Derived(func(v *tcp.View) []process {
	var all []process
	for _, p := range v.Processes() {
		for _, c := range v.Conns {
			if p.Has(c.Client) {
				all = append(all, processOf(v, p, c))
			}
		}
	}
	return all
})

func processOf(v *tcp.View, of tcp.Process, c *tcp.Conn) process {
	p := process{Process: of, Socket: c.Client, closed: tcp.First(c.Server.CallsOf(0, 0, "close"))}
	p.shut = tcp.First(tcp.Where(p.CallsOf(0, 0, "shutdown"), func(e *journal.Event) bool {
		return e.Call.Errno == "" && e.Call.How() == journal.ShutWrite
	}))
	if since := cmp.Or(p.closed, p.shut); since != nil {
		p.sends = p.CallsOf(since.N, 0, byAny...)
	}
	if len(p.sends) > 0 {
		p.learns(v, p.sends[0].N)
	}
	return p
}

// learns notes when the kernel of the process had the RST: the segment as it arrived, and the
// socket gone, for on lo a segment is seen before a filter may drop it. Where packets were not
// seen, the socket alone.
func (p *process) learns(v *tcp.View, sent int) {
	p.gone = tcp.First(tcp.After(p.Entered(journal.Gone, journal.SockDiag), sent))
	if p.gone == nil || !v.Journal.Attached(journal.Packets) {
		return
	}
	if p.rst = tcp.First(tcp.With(p.Arrived(sent, 0), packet.RST)); p.rst == nil {
		p.gone = nil
	}
}

// Cite lets a case rest on a process, and on what drew the RST.
func (p process) Cite(c *claim.Case) {
	c.About(p.Socket)
	c.Cite(p.Started, p.closed, p.gone)
	c.CiteSegments(p.rst)
}

// disposition is what the process does about SIGPIPE.
func (p *process) disposition() journal.Disposition { return p.Started.Process.Disposition }

// again is the first call that sent when the RST had come; nil: there was none.
func (p *process) again() *journal.Event {
	if p.gone == nil {
		return nil
	}
	return tcp.First(tcp.Where(p.sends, func(e *journal.Event) bool { return e.N > p.gone.N && (p.rst == nil || e.N > p.rst.N) }))
}

// isPlain says whether a call is write(2) with something to write, isEmpty with nothing.
func isPlain(e *journal.Event) bool { return e.Call.Op == "write" && !isEmpty(e) }

func isEmpty(e *journal.Event) bool {
	n, says := e.Call.Length()
	return e.Call.Op == "write" && says && n == 0
}

// The kinds of process that send again when the RST has come: with SIGPIPE at its default, with
// it ignored or handled, and with a flag that leaves it out.
const (
	byDefault    = "default"
	ignoring     = "ignore"
	handling     = "handler"
	flagNoSignal = "MSG_NOSIGNAL"
)

// kind is that of a process; "": it did not send again, or otherwise.
func (p *process) kind() string {
	again, d := p.again(), p.disposition()
	switch {
	case again == nil:
	case d == byDefault && again.Call.Has(journal.MSGNoSignal):
		return flagNoSignal
	case isPlain(again) && slices.Contains([]journal.Disposition{journal.DefaultSIGPIPE, journal.IgnoreSIGPIPE, journal.HandleSIGPIPE}, d):
		return string(d)
	}
	return ""
}
