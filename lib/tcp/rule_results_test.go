package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// afterReset: of the connections of a1 to a5, a2 reads, reads and writes after a RST, a3
// reads bytes and then the RST, a4 is a child's that a RST and SIGPIPE meet.
const afterReset = "lingerreset/read-after-reset"

// errno makes the calls of a connection in which nothing happened fail.
func TestErrorsWithoutCause(t *testing.T) {
	read := func(errno journal.Errno) func(a *altered) {
		return func(a *altered) { a.fails("b2", "read", 1, errno) } // where it was told of the FIN
	}
	write := func(errno journal.Errno) func(a *altered) {
		return func(a *altered) { a.fails("b2", "write", 0, errno) }
	}
	found(t, []lie{
		{"read: ECONNRESET", fourWay, R2, "b2", read("ECONNRESET")},
		{"read: ECONNREFUSED", fourWay, R2, "b2", read("ECONNREFUSED")},
		{"read: EPIPE", fourWay, R2, "b2", read("EPIPE")},
		{"read: ETIMEDOUT", fourWay, R2, "b2", read("ETIMEDOUT")},
		{"read: ECONNABORTED", fourWay, R2, "b2", read("ECONNABORTED")},
		{"read: ENOTCONN", fourWay, R2, "b2", read("ENOTCONN")},
		{"read: EHOSTUNREACH", fourWay, R2, "b2", read("EHOSTUNREACH")},
		{"read: ENETUNREACH", fourWay, R2, "b2", read("ENETUNREACH")},
		{"read: EBADF", fourWay, R2, "b2", read("EBADF")},
		{"write: ECONNRESET", fourWay, R2, "b2", write("ECONNRESET")},
		{"write: EPIPE", fourWay, R2, "b2", write("EPIPE")},
		{"write: ETIMEDOUT", fourWay, R2, "b2", write("ETIMEDOUT")},
		{"write: ECONNABORTED", fourWay, R2, "b2", write("ECONNABORTED")},
		{"write: ENOTCONN", fourWay, R2, "b2", write("ENOTCONN")},
		{"connect: ECONNREFUSED", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "ECONNREFUSED") }},
		{"connect: ECONNRESET", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "ECONNRESET") }},
		{"connect: ETIMEDOUT", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "ETIMEDOUT") }},
		{"connect: ECONNABORTED", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "ECONNABORTED") }},
		{"connect: EHOSTUNREACH", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "EHOSTUNREACH") }},
		{"connect: EACCES", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "EACCES") }},
		{"connect: EINVAL", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "EINVAL") }},
		{"connect: EISCONN", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "EISCONN") }},
		{"connect returned 0 before it was open", fourWay, R2, "a1", func(a *altered) { a.returns("a1", "connect", 0) }},
		{"shutdown: ENOTCONN", unread, R2, "a2", func(a *altered) { a.fails("a2", "shutdown", 0, "ENOTCONN") }},
		{"shutdown of a listener: ENOTCONN", "halfclose/shut-read", R2, "b1", func(a *altered) {
			a.fails("b1", "shutdown", 0, "ENOTCONN")
		}},
		{"accept: EINVAL", fourWay, R2, "b1", func(a *altered) { a.fails("b1", "accept4", 0, "EINVAL") }},
		{"SO_ERROR: an error", "simopen/missed", R2, "a1", func(a *altered) {
			a.removeSegment("b", "RST,ACK", 0)
		}},
	})
}

// A route may refuse a connection before there is a SYN: one that is missing, or of the type unreachable,
// prohibit or blackhole (ip-route(8)).
func TestRouteRefuses(t *testing.T) {
	var truths []truth
	for _, errno := range []journal.Errno{"ENETUNREACH", "EHOSTUNREACH", "EACCES", "EINVAL"} {
		truths = append(truths, truth{string(errno), "timewait/ports", func(a *altered) { a.fails("a5", "connect", 0, errno) }})
	}
	silent(t, truths)
}

// A connection that timed out is over: neither a write succeeds on it, nor is it in another
// state than CLOSE.
func TestTimedOutIsOver(t *testing.T) {
	silent(t, []truth{
		{"a connection that timed out", "deadpeer/user-timeout", func(*altered) {}},
		{"one in a closed window", "zerowindow/user-timeout", func(*altered) {}},
	})
	timesOut := func(a *altered) int {
		lost := a.nth("lost segment of a1's", 0, func(e *journal.Event) bool {
			return e.Packet != nil && e.Packet.At == journal.AtDropped && e.Packet.Len > 0 && e.N > a.call("a1", "write", 1).N
		})
		a.put(lost.N+1, journal.Event{T: lost.T + 1, Host: "a", Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{
			Op: "read", Args: []string{"a1", "64"}, Result: -1, Errno: journal.ETIMEDOUT,
		}})
		return lost.N + 1
	}
	found(t, []lie{
		{"read: ETIMEDOUT, and it is ESTABLISHED", "deadpeer/heals", R2, "a1", func(a *altered) { timesOut(a) }},
		{"read: ETIMEDOUT, and a write succeeds", "deadpeer/heals", R2, "a1", func(a *altered) {
			n, w := timesOut(a), a.call("a1", "write", 2).N
			a.without(func(e *journal.Event) bool {
				return e.N > n && e.N != w && e.Socket == "a1" && (e.Sample != nil || e.Call != nil)
			})
		}},
	})
}

// On a socket in CLOSE nothing is to come.
func TestNothingComesInClose(t *testing.T) {
	found(t, []lie{
		{"read: EAGAIN after it had timed out", "deadpeer/user-timeout", R2, "a1", func(a *altered) { a.fails("a1", "read", 0, "EAGAIN") }},
		{"read: EAGAIN after a RST", afterReset, R2, "a2", func(a *altered) { a.fails("a2", "read", 1, "EAGAIN") }},
	})
}

// Where there was room there still is.
func TestRoomIsKept(t *testing.T) {
	silent(t, []truth{{"the buffer was full, and epoll_wait() said so", "zerowindow/write", func(*altered) {}}})
	found(t, []lie{{"write: EAGAIN after EPOLLOUT", "zerowindow/write", R2, "a1", func(a *altered) { a.fails("a1", "write", 1, "EAGAIN") }}})
}

// A call that may wait does not say EAGAIN.
func TestBlockingCallsWait(t *testing.T) {
	silent(t, []truth{
		{"accept() that does not wait, and one that does", "handshake/accept", func(*altered) {}},
		{"a write that waits", "zerowindow/write", func(*altered) {}},
	})
	found(t, []lie{
		{"accept(): EAGAIN", "handshake/accept", R7, "b1", func(a *altered) { a.fails("b1", "accept4", 2, "EAGAIN") }},
		{"accept(): EAGAIN, off the wire", "handshake/accept-loopback", R7, "b1", func(a *altered) { a.fails("b1", "accept4", 2, "EAGAIN") }},
	})
}

// A listener is readable while a connection waits in its queue, and not else.
func TestListenerIsReady(t *testing.T) {
	nothing := func(i int) func(a *altered) {
		return func(a *altered) {
			c := a.call("b1", "epoll_wait", i).Call
			c.Result, c.Out = 0, ""
		}
	}
	something := func(a *altered) {
		c := a.call("b1", "epoll_wait", 0).Call
		c.Result, c.Out = 1, "EPOLLIN"
	}
	silent(t, []truth{
		{"on the wire", "handshake/accept", func(*altered) {}},
		{"off the wire", "handshake/accept-loopback", func(*altered) {}},
		{"TCP_DEFER_ACCEPT lets it wait for data", "handshake/accept", func(a *altered) {
			nothing(1)(a)
			nothing(2)(a)
			listen := a.call("b1", "listen", 0).N
			a.put(listen, journal.Event{Host: "b", Socket: "b1", Kind: journal.KindCall, Call: &journal.Call{
				Op: "setsockopt", Args: []string{"b1", string(journal.TCPDeferAccept), "1"},
			}})
		}},
		{"watched at its edges", "handshake/accept", func(a *altered) {
			a.call("b1", "epoll_ctl", 0).Call.Args[2] = "EPOLLIN|EPOLLET"
			nothing(2)(a)
		}},
	})
	found(t, []lie{
		{"nothing, with a connection", "handshake/accept", R2, "b1", nothing(1)},
		{"nothing, with a connection, off the wire", "handshake/accept-loopback", R2, "b1", nothing(2)},
		{"EPOLLIN without one", "handshake/accept", R2, "b1", something},
	})
}

// connectsAgain ends a journal where a1 is ESTABLISHED, and lets it call connect() again
// with these results.
func connectsAgain(results ...journal.Errno) func(a *altered) {
	return func(a *altered) {
		a.endsWith(a.call("b1", "accept4", 0).N)
		to := a.call("a1", "connect", 0).Call.Args[1]
		for _, errno := range results {
			c := a.adds("a1", "connect", 0, to)
			if errno != "" {
				c.Result, c.Errno = -1, errno
			}
		}
	}
}

// The first connect() of a1 returned EINPROGRESS: the next reports the connection, and
// those after it fail.
func TestConnectOnAConnectedSocket(t *testing.T) {
	silent(t, []truth{
		{"connect() reported the connection", fourWay, connectsAgain("")},
		{"connect: EISCONN once it had", fourWay, connectsAgain("", "EISCONN", "EISCONN")},
	})
	found(t, []lie{{"connect() reported the connection twice", fourWay, R3, "a1", connectsAgain("", "")}})
}

func TestResetIsReported(t *testing.T) {
	found(t, []lie{
		{"EAGAIN after a RST", unread, R2, "b2", func(a *altered) { a.fails("b2", "read", 0, "EAGAIN") }},
		{"read returned 0 after a RST", unread, R2, "b2", func(a *altered) { a.returns("b2", "read", 0) }},
		{"write succeeded after a RST", afterReset, R2, "a2", func(a *altered) { a.returns("a2", "sendmsg", 5) }},
		{"EAGAIN of a write after a RST", afterReset, R2, "a2", func(a *altered) { a.fails("a2", "sendmsg", 0, "EAGAIN") }},
		{"the RST was reported twice", afterReset, R2, "a2", func(a *altered) { a.fails("a2", "read", 1, "ECONNRESET") }},
		{"EPIPE before the RST was reported", afterReset, R2, "a2", func(a *altered) {
			a.removeCall("a2", "read", 1)
			a.removeCall("a2", "read", 0)
		}},
		{"SO_ERROR 0 after a RST", "simopen/missed", R2, "a1", func(a *altered) { a.call("a1", "getsockopt", 0).Call.Out = "0" }},
	})
}

func TestWriteResults(t *testing.T) {
	found(t, []lie{
		{"write of no bytes", fourWay, R2, "a1", func(a *altered) { a.returns("a1", "write", 0) }},
		{"write after shutdown()", unread, R2, "a2", func(a *altered) {
			a.endsWith(a.call("a2", "shutdown", 0).N)
			a.adds("a2", "write", 5, "5")
		}},
		{"EAGAIN with all acknowledged", fourWay, R2, "b2", func(a *altered) {
			a.endsWith(a.call("b2", "read", 0).N)
			c := a.adds("b2", "write", 0, "5")
			c.Result, c.Errno = -1, "EAGAIN"
		}},
	})
}

// SIGPIPE at its default ends a process (signal(7)).
func TestSigpipe(t *testing.T) {
	const killed, ignored = "a1", "a2"
	found(t, []lie{
		{"EPIPE that should have killed", "lingerreset/sigpipe", R2, killed, func(a *altered) {
			a.fails(killed, "write", 1, "EPIPE")
		}},
	})
	silent(t, []truth{
		{"EPIPE where SIGPIPE is ignored", "lingerreset/sigpipe", func(a *altered) { a.call(ignored, "write", 1) }},
	})
}

func TestAccept(t *testing.T) {
	found(t, []lie{
		{"accept without an opening", fourWay, R3, "b2", func(a *altered) {
			a.without(isSegment)
		}},
		{"accept before the opening was complete", fourWay, R3, "b2", func(a *altered) {
			a.removeSegment("a", "ACK", 0)
			a.endsWith(a.call("b1", "accept4", 0).N)
		}},
		{"EAGAIN of accept with one complete", fourWay, R3, "b1", func(a *altered) {
			a.endsWith(a.call("b1", "accept4", 0).N)
			a.fails("b1", "accept4", 0, "EAGAIN")
			a.Sockets = a.Sockets[:2]
		}},
	})
	silent(t, []truth{
		{"EAGAIN of accept with one in the making", fourWay, func(a *altered) {
			a.removeSegment("a", "ACK", 0)
			a.uncounted()
			a.endsWith(a.call("b1", "accept4", 0).N)
			a.fails("b1", "accept4", 0, "EAGAIN")
			a.Sockets = a.Sockets[:2]
		}},
	})
}

// What a scenario does itself is a cause like others.
func TestCausesOfTheRunsOwn(t *testing.T) {
	silent(t, []truth{
		{"SOCK_DESTROY", "lingerreset/causes", func(a *altered) { a.call("a6", "SOCK_DESTROY", 0) }},
		{"a socket filter that eats a RST", "simopen/eaten-rst", func(a *altered) { a.call("a1", "setsockopt", 0) }},
		{"an ICMP message that breaks a connection", "simopen/missed", func(a *altered) {
			a.endsWith(a.call("a1", "connect", 0).N + 1)
			a.Events = append(a.Events, journal.Event{
				N: a.Events[len(a.Events)-1].N + 1, Run: a.Run, T: 3_000_000, Host: "a", Kind: journal.KindPacket,
				Packet: &journal.Packet{Src: "192.0.2.2", Dst: "192.0.2.1", Proto: "icmp", At: journal.AtDelivered},
			})
			a.adds("a1", "getsockopt", 0, "SO_ERROR").Out = "ECONNREFUSED"
		}},
	})
	found(t, []lie{
		{"ECONNABORTED without SOCK_DESTROY", "lingerreset/causes", R2, "a6", func(a *altered) { a.removeCall("a6", "SOCK_DESTROY", 0) }},
		{"an eaten RST without the filter", "simopen/eaten-rst", R3, "a1", func(a *altered) { a.removeCall("a1", "setsockopt", 0) }},
	})
}
