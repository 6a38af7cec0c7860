package tcp

import (
	"slices"
	"testing"

	"sockproof/lib/journal"
)

// unnamed takes the addresses of a1, which was not asked for them: the run ended before, or was held up.
func (a *altered) unnamed() {
	for i := range a.Sockets {
		if a.Sockets[i].ID == "a1" {
			a.Sockets[i].Local = ""
		}
	}
}

// A socket of which the address is not known yet may have any: its opening cannot be told from others, and it may
// keep a port.
func TestUnnamedSockets(t *testing.T) {
	stops := func(a *altered) {
		a.unnamed()
		a.endsWith(a.state(journal.TCPInfo, "a1", journal.Established).N)
	}
	keeps := func(a *altered) {
		a.unnamed()
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
	silent(t, []truth{{"its addresses had been used before", "selfconnect/port-theft", func(a *altered) {
		i := slices.IndexFunc(a.Sockets, func(s journal.Socket) bool { return s.ID == "a4" })
		a.Sockets[i].Local = ""
		a.endsWith(a.state(journal.TCPInfo, "a4", journal.Established).N)
	}}})
	found(t, []lie{{"no socket kept the port", fourWay, R2, "a2", func(a *altered) {
		keeps(a)
		a.without(func(e *journal.Event) bool { return e.Socket == "a1" })
	}}})
}

// A socket of which the port is not known stops connecting for a reason, too.
func TestUnnamedSocketsGiveUpForAReason(t *testing.T) {
	gaveUp := func(a *altered) {
		a.unnamed()
		at := a.state(journal.TCPInfo, "a1", journal.SynSent)
		a.endsWith(at.N)
		a.put(at.N+1, journal.Event{T: at.T, Host: "a", Socket: "a1", Kind: journal.KindState, State: &journal.State{
			From: journal.SynSent, To: journal.Close, Witness: journal.TCPInfo,
		}})
	}
	found(t, []lie{{"nothing had come", fourWay, R3, "a1", gaveUp}})
	silent(t, []truth{
		{"it was refused", "simopen/missed", func(a *altered) {
			a.unnamed()
			a.endsWith(a.state(journal.TCPInfo, "a1", journal.Close).N)
		}},
		{"it had waited", fourWay, func(a *altered) {
			gaveUp(a)
			a.Events[len(a.Events)-1].T += leastTimeout
		}},
	})
}

// A listener that was called keeps the two addresses before it has accepted.
func TestRequestKeepsItsAddresses(t *testing.T) {
	connects := func(a *altered) {
		a.endsWith(a.segment("b", journal.AtSent, "SYN,ACK", 0).N)
		a.Sockets = a.Sockets[:2]
		c := a.adds("b9", "socket", 9, "AF_INET", "SOCK_STREAM", "IPPROTO_TCP")
		c.Args, c.Out = c.Args[1:], "b9"
		c = a.adds("b9", "connect", -1, "192.0.2.1:40001")
		c.Errno = journal.EADDRNOTAVAIL
	}
	silent(t, []truth{{"a request", fourWay, connects}})
	found(t, []lie{{"none", fourWay, R2, "b9", func(a *altered) {
		connects(a)
		a.without(isSegment)
	}}})
}

// sock_diag looks only where the address is known: later than tcp_info, of which the cause is asked.
func TestSeenLateBySockDiag(t *testing.T) {
	silent(t, []truth{{"a self-connection", "selfconnect/detect-and-retry", func(a *altered) {
		late := *a.state(journal.SockDiag, "a1", journal.Established)
		a.without(func(e *journal.Event) bool {
			return e.Socket == "a1" && e.N <= late.N && witnessOf(e) == journal.SockDiag
		})
		late.State.From = ""
		last := a.segment("a", journal.AtDelivered, "ACK", 0).N // is held
		a.without(func(e *journal.Event) bool { return e.N == last })
		name := a.call("a1", "getsockname", 0)
		a.endsWith(name.N)
		late.N, late.T = name.N+1, name.T
		a.Events = append(a.Events, late)
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
