package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// unnamed takes the addresses of a socket that was not asked for them: the run ended before, or was held up.
func (a *altered) unnamed(socket string) {
	for i := range a.Sockets {
		if a.Sockets[i].ID == socket {
			a.Sockets[i].Local = ""
		}
	}
}

// A socket of which the address is not known yet may have any: its opening cannot be told from others, and it may
// keep a port.
func TestUnnamedSockets(t *testing.T) {
	stops := func(a *altered) {
		a.unnamed("a1")
		a.endsWith(a.state(journal.TCPInfo, "a1", journal.Established).N)
	}
	keeps := func(a *altered) {
		a.unnamed("a1")
		a.endsWith(a.state(journal.TCPInfo, "a1", journal.SynSent).N)
		c := a.adds("a2", "socket", 9, "AF_INET", "SOCK_STREAM", "IPPROTO_TCP")
		c.Args, c.Out = c.Args[1:], "a2"
		c = a.adds("a2", "bind", -1, "0.0.0.0:40001")
		c.Errno = journal.EADDRINUSE
	}
	silent(t, []truth{
		{"the run ended before it was asked", fourWay, stops},
		{"it kept a port", fourWay, keeps},
	})
	found(t, []lie{{"no socket kept the port", fourWay, R2, "a2", func(a *altered) {
		keeps(a)
		a.without(func(e *journal.Event) bool { return e.Socket == "a1" })
	}}})
}

// What left last in a run that was stopped may be of a call that had not returned.
func TestStoppedInAWrite(t *testing.T) {
	writes := func(a *altered) {
		a.endsWith(a.segment("a", journal.AtSent, "PSH,ACK", 0).N)
		a.removeCall("a1", "write", 0)
	}
	silent(t, []truth{{"the run was stopped", fourWay, func(a *altered) {
		writes(a)
		a.Stopped = "time"
	}}})
	found(t, []lie{{"the run was not", fourWay, R1, "a1", writes}})
}
