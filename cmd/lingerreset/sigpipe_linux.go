package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// writer is a process of its own that holds the client's end of a connection.
type writer struct {
	*sock.Child
	socket *sock.Socket
	peer   *sock.Socket
}

// newWriter makes a connection, sets the client's end up, and gives it to a
// process alone.
func newWriter(r *scenario.Run, s *scenario.Server, d journal.Disposition, set scenario.SetUp) (writer, error) {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return writer{}, err
	}
	if set != nil {
		if err := set(c.Client); err != nil {
			return writer{}, err
		}
	}
	child, err := r.Spawn(d, c.Client)
	if err != nil {
		return writer{}, err
	}
	return writer{child, c.Client, c.Server}, c.Client.Close()
}

// send is one way for a process to send.
type send func(w writer, line string) error

func byWrite(w writer, line string) error { return w.Write(w.socket, []byte(line)) }

// sigpipe: the peer closes; the first write draws a RST, the next raises
// SIGPIPE: with each disposition of it, and by every call that can raise it.
func sigpipe(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, d := range []journal.Disposition{journal.DefaultSIGPIPE, journal.IgnoreSIGPIPE, journal.HandleSIGPIPE, journal.BlockSIGPIPE} {
		if err := writesTwice(r, s, d, byWrite); err != nil {
			return err
		}
	}
	for _, by := range otherCalls {
		if err := writesTwice(r, s, journal.DefaultSIGPIPE, by); err != nil {
			return err
		}
	}
	if err := afterOwnShutdown(r, s); err != nil {
		return err
	}
	return manyUnderWay(r, s)
}

// otherCalls are the calls besides write that send, the first without a signal.
var otherCalls = []send{
	func(w writer, line string) error { return w.Sendmsg(w.socket, []byte(line), journal.MSGNoSignal) },
	func(w writer, line string) error { return w.Writev(w.socket, []byte(line)) },
	func(w writer, line string) error { return w.Sendfile(w.socket, []byte(line)) },
	func(w writer, line string) error { return w.Splice(w.socket, []byte(line)) },
	func(w writer, _ string) error { return w.Write(w.socket, nil) },
}

// writesTwice lets the peer close, and a process write once, and when the RST
// has come back, send again.
func writesTwice(r *scenario.Run, s *scenario.Server, d journal.Disposition, again send) error {
	w, err := newWriter(r, s, d, nil)
	if err != nil {
		return err
	}
	_ = w.peer.Close()
	r.Settle()
	if err := byWrite(w, "first"); err != nil {
		return err
	}
	r.Settle()
	return again(w, "second")
}

// afterOwnShutdown: the process itself has shut down for writing; no RST is
// needed then.
func afterOwnShutdown(r *scenario.Run, s *scenario.Server) error {
	w, err := newWriter(r, s, journal.DefaultSIGPIPE, nil)
	if err != nil {
		return err
	}
	if err := w.Shutdown(w.socket, journal.ShutWrite); err != nil {
		return err
	}
	r.Settle()
	return byWrite(w, "too late")
}

// roundTrip is how many lines are written while the RST is still under way.
const roundTrip = 3

// manyUnderWay: until the RST has come back, writes go on succeeding. Only on
// the wire does that take as long as it is made to.
func manyUnderWay(r *scenario.Run, s *scenario.Server) error {
	if r.Wire() == nil {
		return nil
	}
	w, err := newWriter(r, s, journal.DefaultSIGPIPE, nil)
	if err != nil {
		return err
	}
	_ = w.peer.Close()
	r.Settle()
	for range roundTrip {
		if err := byWrite(w, "more"); err != nil {
			return err
		}
	}
	r.Settle()
	return byWrite(w, "the last")
}

// goRuntime: what Go's runtime makes of SIGPIPE, on descriptor 1, on 2, and on
// another.
func goRuntime(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for which := range 3 {
		if err := goWrites(r, s, which); err != nil {
			return err
		}
	}
	return nil
}

// goWrites gives a Go process three connections, as its descriptors 1 and 2 and
// as another, and lets it write twice to one whose peer has closed.
func goWrites(r *scenario.Run, s *scenario.Server, which int) error {
	var conns [3]scenario.Conn
	for i := range conns {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		conns[i] = c
	}
	child, err := r.SpawnPiped(journal.GoSIGPIPE, conns[0].Client, conns[1].Client, conns[2].Client)
	if err != nil {
		return err
	}
	for _, c := range conns {
		if err := c.Client.Close(); err != nil {
			return err
		}
	}
	c := conns[which]
	_ = c.Server.Close()
	r.Settle()
	if err := child.WriteByGo(c.Client, []byte("first")); err != nil {
		return err
	}
	r.Settle()
	return child.WriteByGo(c.Client, []byte("second"))
}
