package sock

import (
	"strconv"

	"sockproof/lib/journal"
)

// Write makes the child write to one of its sockets.
func (c *Child) Write(s *Socket, b []byte) error {
	return c.call(s, []string{strconv.Itoa(len(b))}, order{Op: "write", Data: b})
}

// WriteByGo makes the child write by way of Go's os.File, whose runtime raises
// SIGPIPE itself where the descriptor is 1 or 2.
func (c *Child) WriteByGo(s *Socket, b []byte) error {
	return c.call(s, []string{"by os.File", journal.FDText(c.fds[s]), strconv.Itoa(len(b))}, order{Op: opGoWrite, Data: b})
}

// Sendmsg makes the child send with a flag (sendmsg(2)).
func (c *Child) Sendmsg(s *Socket, b []byte, f journal.SendFlag) error {
	return c.call(s, []string{strconv.Itoa(len(b)), string(f)}, order{Op: "sendmsg", Data: b, Size: sendFlags[f]})
}

// Writev makes the child send from several buffers (writev(2)).
func (c *Child) Writev(s *Socket, b []byte) error {
	return c.call(s, []string{"2 buffers", strconv.Itoa(len(b))}, order{Op: "writev", Data: b})
}

// Sendfile makes the child send from a file (sendfile(2)).
func (c *Child) Sendfile(s *Socket, b []byte) error {
	return c.call(s, []string{"from a file", strconv.Itoa(len(b))}, order{Op: "sendfile", Data: b})
}

// Splice makes the child send from a pipe (splice(2)).
func (c *Child) Splice(s *Socket, b []byte) error {
	return c.call(s, []string{"from a pipe", strconv.Itoa(len(b))}, order{Op: "splice", Data: b})
}

// Read makes the child read from one of its sockets.
func (c *Child) Read(s *Socket, size int) error {
	return c.call(s, []string{strconv.Itoa(size)}, order{Op: "read", Size: size})
}

// Shutdown makes the child shut down one of its sockets.
func (c *Child) Shutdown(s *Socket, h journal.How) error {
	return c.call(s, []string{string(h)}, order{Op: "shutdown", Size: halves[h]})
}

// Close makes the child close its descriptor of one of its sockets.
func (c *Child) Close(s *Socket) error {
	err := c.call(s, nil, order{Op: "close"})
	delete(c.fds, s)
	return err
}

// EpollWait makes the child ask epoll what is the matter with one of its
// sockets now (epoll_wait(2) with a timeout of 0).
func (c *Child) EpollWait(s *Socket) error {
	return c.call(s, []string{"0 ms"}, order{Op: "epoll_wait"})
}

// LimitDescriptors lets the child open so many descriptors more, and no others
// (RLIMIT_NOFILE, setrlimit(2)).
func (c *Child) LimitDescriptors(more int) error {
	a, err := c.ask(order{Op: opRoom, Size: more})
	if err != nil {
		return err
	}
	limit := int(a.Result)
	return c.make(nil, []string{"RLIMIT_NOFILE", strconv.Itoa(limit)}, order{Op: "setrlimit", Size: limit}, nil)
}

// Accept makes the child take a connection from a listener's queue. The socket
// is the child's alone: this process sees it by sock_diag. Where the child got
// none, which is evidence and no error, it is nil.
func (c *Child) Accept(listener *Socket) (*Socket, error) {
	fd, owns := c.fds[listener]
	if !owns {
		return nil, errNotOwned
	}
	s := &Socket{t: c.t, host: listener.host, family: listener.family, fd: -1, seen: map[journal.Witness]string{}}
	accepted := false
	args := []string{inChild(listener), "SOCK_CLOEXEC|SOCK_NONBLOCK"}
	err := c.make(listener, args, order{Op: "accept4", FD: fd}, func(a *answer) {
		if a.Errno != "" {
			return
		}
		accepted = true
		from := journal.Address(a.Out)
		s.id = c.t.name(s.host)
		local, _ := listener.addresses()
		s.learn(local, from.AddrPort())
		c.fds[s] = int(a.Result)
		c.t.watch(s)
		a.Out = journal.AcceptedText(s.id, from)
	})
	if err != nil || !accepted {
		return nil, err
	}
	return s, nil
}
