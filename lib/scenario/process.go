package scenario

import (
	"net/netip"
	"os"
	"syscall"

	"sockproof/lib/journal"
)

// Child is a process of this program's that owns sockets, and makes the calls that it is
// told to. What they return is evidence; that it does not answer ends the run. Its steps
// let arrive what they send, as those of an End do.
type Child struct {
	t *T
	c child
}

// Spawn starts a process that inherits the sockets, as after fork(2): both processes hold
// them until one closes.
func (t *T) Spawn(d journal.Disposition, ends ...*End) *Child { return t.spawn(d, nil, ends) }

// SpawnPiped is Spawn, with two sockets more as standard output and standard error, as
// inetd(8) would.
func (t *T) SpawnPiped(d journal.Disposition, out, errs *End, ends ...*End) *Child {
	return t.spawn(d, []socket{out.s, errs.s}, ends)
}

// Handover is Spawn, and closes this process's own descriptors: the process alone has the
// sockets.
func (t *T) Handover(d journal.Disposition, ends ...*End) *Child {
	c := t.Spawn(d, ends...)
	for _, e := range ends {
		t.must(e.s.Close())
	}
	return c
}

func (t *T) spawn(d journal.Disposition, piped []socket, ends []*End) *Child {
	t.goOn()
	var sockets []socket
	for _, e := range ends {
		sockets = append(sockets, e.s)
	}
	c, err := t.on.Spawn(d, piped, sockets)
	t.must(err)
	return &Child{t, c}
}

// Contender is a process that connects with its sockets, one after the other, to an address.
type Contender struct {
	Child *Child
	Ends  []*End
	To    netip.AddrPort
}

// Contend lets two processes connect at the same time, as two programs that keep retrying.
// Each goes on until one of its own attempts is not refused, or its sockets are used up.
func (t *T) Contend(first, second Contender) {
	t.goOn()
	var both [2]contender
	for i, x := range []Contender{first, second} {
		both[i] = contender{child: x.Child.c, to: x.To}
		for _, e := range x.Ends {
			both[i].sockets = append(both[i].sockets, e.s)
		}
	}
	t.must(t.on.Contend(both))
}

// did is the end of a step.
func (c *Child) did(err error) {
	c.t.goOn()
	c.t.must(err)
	c.t.settle()
}

// Ended says whether the process has.
func (c *Child) Ended() bool { return c.c.Ended() }

// Write writes a line (write(2)).
func (c *Child) Write(e *End, line string) { c.did(c.c.Write(e.s, []byte(line))) }

// WriteByGo writes by way of Go's os.File.
func (c *Child) WriteByGo(e *End, line string) { c.did(c.c.WriteByGo(e.s, []byte(line))) }

// SendMsg sends with a flag (sendmsg(2)).
func (c *Child) SendMsg(e *End, line string, f journal.SendFlag) {
	c.did(c.c.Sendmsg(e.s, []byte(line), f))
}

// Writev sends from two buffers (writev(2)).
func (c *Child) Writev(e *End, line string) { c.did(c.c.Writev(e.s, []byte(line))) }

// Sendfile sends from a file (sendfile(2)).
func (c *Child) Sendfile(e *End, line string) { c.did(c.c.Sendfile(e.s, []byte(line))) }

// Splice sends from a pipe (splice(2)).
func (c *Child) Splice(e *End, line string) { c.did(c.c.Splice(e.s, []byte(line))) }

// Recv reads what has arrived, at most a line (read(2)).
func (c *Child) Recv(e *End) { c.did(c.c.Read(e.s, lineSize)) }

// Shutdown ends one direction or both (shutdown(2)).
func (c *Child) Shutdown(e *End, h journal.How) { c.did(c.c.Shutdown(e.s, h)) }

// Close closes the process's descriptor (close(2)).
func (c *Child) Close(e *End) { c.did(c.c.Close(e.s)) }

// EpollWait asks what epoll reports of a socket now (epoll_wait(2) with a timeout of 0).
func (c *Child) EpollWait(e *End) { c.did(c.c.EpollWait(e.s)) }

// Accept takes a connection from a listener's queue. The socket is the process's alone.
// nil: it got none, which is evidence.
func (c *Child) Accept(l *Listener) *End {
	s, err := c.c.Accept(l.s)
	c.did(err)
	if s == nil {
		return nil
	}
	return &End{t: c.t, s: s}
}

// LimitDescriptors lets the process open so many descriptors more (RLIMIT_NOFILE,
// setrlimit(2)).
func (c *Child) LimitDescriptors(more int) { c.did(c.c.LimitDescriptors(more)) }

// Exit lets the process return from main with its sockets open (exit(3)).
func (c *Child) Exit(status int) { c.did(c.c.Exit(status)) }

// ExitNow ends it on the spot with its sockets open (_exit(2)).
func (c *Child) ExitNow(status int) { c.did(c.c.ExitNow(status)) }

// Kill ends it by a signal.
func (c *Child) Kill(s journal.Signal) { c.did(c.c.Kill(s)) }

// Program is another program that is to run.
type Program struct {
	Path string
	Argv []string
	Env  []string // in addition to this process's own
	// Standard is its standard input and output, as inetd(8) would have it; nil: Files are.
	Standard *End
	Files    [3]*os.File
}

// Command is another program that runs.
type Command struct{ command }

// Exec starts one, in the host's network namespace.
func (h *Host) Exec(p Program) *Command {
	h.t.goOn()
	c, err := h.t.on.Exec(h.Name, p)
	h.t.must(err)
	return &Command{c}
}

// Library lets a library make its own sockets in the host's namespace, on a thread of its
// own, and journals what it returned as a call named op. Await done: the packets that it
// causes have to be carried meanwhile. f must return soon after Context ends.
func (h *Host) Library(op string, args []string, f func() (out string, err error)) (done func() bool) {
	h.t.goOn()
	return h.t.on.Library(h.Name, op, args, f)
}

// WatchPort lets the packets of a port be captured though no socket of the steps has it.
func (t *T) WatchPort(port uint16) {
	t.goOn()
	t.must(t.on.WatchPort(port))
}

// SetOn sets an option on a library's socket; it may be called on any thread.
func (t *T) SetOn(c syscall.RawConn, o journal.Option, value int) error {
	return t.on.SetOn(c, o, value)
}

// ResetOnClose makes a library's socket end with RST when it is closed; it may be called
// on any thread.
func (t *T) ResetOnClose(c syscall.RawConn) error { return t.on.ResetOnClose(c) }
