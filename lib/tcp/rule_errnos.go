package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// dataErrnos are those with which calls that move data can fail on a TCP socket.
var dataErrnos = []journal.Errno{journal.EAGAIN, journal.ECONNRESET, journal.ETIMEDOUT, journal.ECONNABORTED, journal.ENOTCONN, journal.EBADF, journal.ECONNREFUSED, journal.EPIPE, journal.EHOSTUNREACH, journal.ENETUNREACH}

// errnos are those with which TCP, and the socket layer above it, can fail a call that is
// made as this program makes it: on sockets of its own, with arguments that are right
// (the manual pages of section 2, and tcp(7)). R2 asks for the causes of these.
var errnos = map[string][]journal.Errno{
	"socket": {}, "getsockname": {}, "setsockopt": {}, "getsockopt": {}, "fcntl": {}, "dup": {}, "close": {},
	"epoll_create1": {}, "epoll_ctl": {}, "epoll_wait": {}, "setrlimit": {},
	"bind":         {journal.EADDRINUSE, journal.EADDRNOTAVAIL, journal.EACCES},
	"listen":       {journal.EADDRINUSE},
	"getpeername":  {journal.ENOTCONN},
	"accept4":      {journal.EAGAIN, journal.EINVAL},
	"shutdown":     {journal.ENOTCONN},
	"SOCK_DESTROY": {journal.ENOENT},
	"connect": {
		journal.EINPROGRESS, journal.EALREADY, journal.EISCONN, journal.ECONNREFUSED, journal.ECONNRESET, journal.ETIMEDOUT, journal.EADDRNOTAVAIL, journal.EADDRINUSE,
		journal.ECONNABORTED, journal.EHOSTUNREACH, journal.ENETUNREACH, journal.EACCES, journal.EINVAL,
	},
	"net.Dial": {journal.ECONNREFUSED, journal.ECONNRESET, journal.ETIMEDOUT, journal.EADDRNOTAVAIL},
}

// errnos asks whether TCP can fail a call with the error that it failed with (R7).
func (c *confrontation) errnos(s *Socket) {
	for _, e := range s.Calls {
		x := e.Call
		allowed, known := errnos[x.Op]
		if isRead(x.Op) || isWrite(x.Op) {
			allowed, known = dataErrnos, true
		}
		switch {
		case !known || c.meant(e):
		case x.Errno != "" && !slices.Contains(allowed, x.Errno):
			c.about(R7, s, []int{e.N}, said(s, e), "TCP has no such error for it")
		case x.Errno == journal.EAGAIN && s.waitsIn(e) != nil:
			c.about(R7, s, []int{s.waitsIn(e).N, e.N}, said(s, e), "it had been made to wait, by fcntl() without O_NONBLOCK")
		case x.Errno == "" && x.Result < 0 && x.Signal == "":
			c.about(R7, s, []int{e.N}, fmt.Sprintf("%s() of %s returned %d", x.Op, s.ID, x.Result), "no error was named")
		}
	}
}

// waitsIn is the fcntl() by which a socket's calls were made to wait, before a call that has no flag
// of its own not to (MSG_DONTWAIT, recv(2)); nil: it need not wait.
func (s *Socket) waitsIn(e *journal.Event) *journal.Event {
	var set *journal.Event
	for _, x := range s.CallsOf(0, e.N, "fcntl") {
		if x.Call.IsStatus() && x.Call.Errno == "" && x.T <= e.T {
			set = x
		}
	}
	if set == nil || slices.Contains(e.Call.Args, "MSG_DONTWAIT") {
		return nil
	}
	return set
}

// meant says whether something that was seen makes a call fail so: the scenario has
// lowered the limit of descriptors (setrlimit(2)), the program was stopped and continued,
// or this kernel does not have what is asked for.
func (c *confrontation) meant(e *journal.Event) bool {
	switch e.Call.Errno {
	case journal.EMFILE:
		for i := range c.Journal.Events {
			x := &c.Journal.Events[i]
			if x.N < e.N && x.Call != nil && x.Call.Op == "setrlimit" && x.Call.Errno == "" {
				return true
			}
		}
	case journal.EINTR:
		return !c.ranThrough(e) // being continued interrupts calls with a timeout (signal(7))
	case journal.ENOPROTOOPT:
		return e.Call.Op == "setsockopt" || e.Call.Op == "getsockopt"
	case journal.EPERM: // a security module keeps socket filters from plain users
		return e.Call.Op == "setsockopt" && e.Call.Option() == journal.SOAttachFilter
	case journal.EOPNOTSUPP:
		return e.Call.Op == "SOCK_DESTROY"
	}
	return false
}
