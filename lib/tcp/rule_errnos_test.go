package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// A tracer, a security module or a limit can make any call fail; TCP cannot, with these.
func TestErrnosThatTCPDoesNotHave(t *testing.T) {
	calls := []struct{ in, socket, op string }{
		{fourWay, "b1", "socket"},
		{fourWay, "b1", "bind"},
		{fourWay, "b1", "getsockname"},
		{fourWay, "b1", "listen"},
		{fourWay, "a1", "connect"},
		{fourWay, "b1", "accept4"},
		{fourWay, "a1", "write"},
		{fourWay, "b2", "read"},
		{fourWay, "b2", "close"},
		{unread, "a2", "shutdown"},
		{theft, "a1", "setsockopt"},
		{theft, "a1", "getpeername"},
		{"simopen/missed", "a1", "getsockopt"},
		{afterReset, "a2", "sendmsg"},
		{"halfclose/threads", "a1", "fcntl"},
		{"halfclose/epoll", "b2", "epoll_ctl"},
		{"halfclose/shared", "a1", "dup"},
		{"lingerreset/causes", "a6", "SOCK_DESTROY"},
		{"lingerreset/sigpipe", "a6", "writev"},
		{"lingerreset/sigpipe", "a7", "sendfile"},
		{"lingerreset/sigpipe", "a8", "splice"},
	}
	var lies []lie
	for _, c := range calls {
		for _, errno := range []journal.Errno{"EPERM", "EIO", "ENOMEM", "ENOBUFS", "EINTR"} {
			lies = append(lies, lie{c.op + ": " + string(errno), c.in, R7, c.socket, func(a *altered) { a.fails(c.socket, c.op, 0, errno) }})
		}
	}
	found(t, append(lies,
		lie{"EMFILE without setrlimit()", fourWay, R7, "b1", func(a *altered) { a.fails("b1", "accept4", 0, "EMFILE") }},
		lie{"-1 without an error", fourWay, R7, "b2", func(a *altered) { a.call("b2", "close", 0).Call.Result = -1 }},
	))
}

func TestErrnosThatAreMeant(t *testing.T) {
	silent(t, []truth{
		{"EMFILE after setrlimit()", "halfclose/leak", func(a *altered) {
			a.nth("EMFILE", 0, func(e *journal.Event) bool { return e.Call != nil && e.Call.Errno == "EMFILE" })
		}},
		{"an option that this kernel does not have", theft, func(a *altered) { a.fails("a1", "setsockopt", 0, "ENOPROTOOPT") }},
	})
	found(t, []lie{{"EMFILE, and setrlimit() is not told of", "halfclose/leak", R7, "b1", func(a *altered) {
		a.without(func(e *journal.Event) bool { return e.Call != nil && e.Call.Op == "setrlimit" })
	}}})
}

// Being stopped and continued interrupts calls that wait with a timeout (signal(7)).
func TestInterrupted(t *testing.T) {
	const waits = "staleresp/crosswire"
	interrupt := func(a *altered) *journal.Event {
		i := 0
		for a.call("a1", "read", i).Call.Errno != "EAGAIN" {
			i++
		}
		a.fails("a1", "read", i, "EINTR")
		return a.call("a1", "read", i)
	}
	found(t, []lie{{"EINTR without a stop", waits, R7, "a1", func(a *altered) { interrupt(a) }}})
	silent(t, []truth{{"EINTR by a stop", waits, func(a *altered) {
		c := interrupt(a)
		a.put(c.N, journal.Event{
			T: c.T + c.Call.TookNS/2, Host: "a", Kind: journal.KindProcess,
			Process: &journal.Process{Event: journal.HeldUp, Signal: "SIGCONT", ForNS: c.Call.TookNS / 4},
		})
	}}})
}
