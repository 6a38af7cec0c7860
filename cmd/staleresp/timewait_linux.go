package main

import (
	"errors"
	"strconv"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
	"sockproof/lib/wire"
)

// timeWait: connections that are closed as usual, one end of each left in
// TIME_WAIT. The client calls again from the same port to the same, in several
// ways; where it is connected, the dead connection's reply arrives. And one
// arrives at a TIME_WAIT itself.
func timeWait(r *scenario.Run) error {
	chosen, err := choosing(r)
	if err != nil {
		return err
	}
	if err := chosen.choose("0"); err != nil {
		return err
	}
	for _, step := range []func(*scenario.Run) error{
		func(r *scenario.Run) error { return bound(r, true) },
		func(r *scenario.Run) error { return bound(r, false) },
		func(r *scenario.Run) error { return beckoned(r, true) },
		func(r *scenario.Run) error { return beckoned(r, false) },
		func(r *scenario.Run) error { return assassinate(r, false) },
		func(r *scenario.Run) error { return assassinate(r, true) },
	} {
		if err := step(r); err != nil {
			return err
		}
	}
	r.Await(time.Until(chosen.at.Add(reuseDelay)), scenario.Never)
	return chosen.choose("1")
}

// The ports of the services, one for each way.
const (
	autobind = scenario.ServerPort + iota
	boundStamped
	boundPlain
	beckonedStamped
	beckonedPlain
	assassinated
	protected
)

// reuseDelay is more than the kernel waits before it chooses a port that is in
// TIME_WAIT: a second (tcp_tw_reuse_delay; before 6.14 the next second of its
// clock).
const reuseDelay = 1100 * time.Millisecond

// leftover is a client whose connection was closed, one end of it in TIME_WAIT.
type leftover struct {
	*client
	stray *wire.Packet // a reply of that connection
	at    time.Time    // when it was closed
}

// reusable lets a port be bound that a TIME_WAIT has.
func reusable(s *sock.Socket) error { return s.SetOption(journal.SOReuseAddr, 1) }

// left makes a connection to a service of its own, lets the server say more than
// the clock of initial sequence numbers counts meanwhile, and one reply; then both
// ends close, the client first or the server.
func left(r *scenario.Run, port uint16, clientFirst bool) (*leftover, error) {
	l, err := leaving(r, port)
	if err != nil {
		return nil, err
	}
	if err := l.open(reusable); err != nil {
		return nil, err
	}
	return l, l.leave(clientFirst)
}

// leaving is a client of a service of its own that is not connected yet.
func leaving(r *scenario.Run, port uint16) (*leftover, error) {
	s, err := serveAt(r, port)
	return &leftover{client: &client{Run: r, policy: naive, service: s}}, err
}

// leave lets the connection say what it has to, and closes it.
func (l *leftover) leave(clientFirst bool) error {
	if err := l.move(0, int64(isnClock*margin.Seconds())); err != nil {
		return err
	}
	if err := l.beImpatient(); err != nil {
		return err
	}
	l.keep()
	if err := l.ask(users[0], inTime); err != nil {
		return err
	}
	l.Wire().SetRule(nil)
	l.close(clientFirst)
	return nil
}

// keep remembers the next reply that passes.
func (l *leftover) keep() {
	l.Wire().SetRule(func(p *wire.Packet) wire.Fate {
		if p.From == "b" && len(p.Payload) > 0 {
			l.stray = p
		}
		return wire.Wait
	})
}

// close closes both ends, one after the other.
func (l *leftover) close(clientFirst bool) {
	first, second := l.conn.Client, l.conn.Server
	if !clientFirst {
		first, second = second, first
	}
	_ = first.Close()
	l.Settle()
	l.Receive(second)
	_ = second.Close()
	l.Settle()
	l.at = time.Now()
}

// bound calls again with the port bound: the kernel is told which one to take.
func bound(r *scenario.Run, stamped bool) error {
	if err := setTimestamps(r, stamped); err != nil {
		return err
	}
	port := uint16(boundPlain)
	if stamped {
		port = boundStamped
	}
	l, err := left(r, port, true)
	if err != nil {
		return err
	}
	return l.reopen(func() error { return l.call(reusable) })
}

// beckoned calls again where the server has closed first: the client's SYN
// arrives at a TIME_WAIT.
func beckoned(r *scenario.Run, stamped bool) error {
	if err := setTimestamps(r, stamped); err != nil {
		return err
	}
	port := uint16(beckonedPlain)
	if stamped {
		port = beckonedStamped
	}
	l, err := left(r, port, false)
	if err != nil {
		return err
	}
	l.Await(pawsTick, scenario.Never) // its clock has moved on
	return l.reopen(func() error { return l.call(reusable) })
}

// choosing leaves the client's port to the kernel, which has one only to choose
// from, and closes the connection.
func choosing(r *scenario.Run) (*leftover, error) {
	only := strconv.Itoa(fixedPort + 1) // that nobody else binds: the kernel chooses none that somebody has
	if err := r.Host("a").Set(rangeSetting, only+" "+only); err != nil {
		return nil, err
	}
	l, err := leaving(r, autobind)
	if err != nil {
		return nil, err
	}
	if err := l.autobind(); err != nil {
		return nil, err
	}
	if err := l.accept(); err != nil {
		return nil, err
	}
	return l, l.leave(true)
}

// autobind calls without a bind.
func (l *leftover) autobind() (err error) {
	if l.conn.Client, err = l.Host("a").Socket(); err != nil {
		return err
	}
	if err := l.conn.Client.Connect(l.service.At); !errors.Is(err, syscall.EINPROGRESS) {
		return nil // its errno is evidence
	}
	if _, err := l.conn.Client.Local(); err != nil {
		return err
	}
	l.Settle()
	return nil
}

// choose calls again, and leaves the port to the kernel again.
func (l *leftover) choose(reuse string) error {
	if err := setTimestamps(l.Run, true); err != nil {
		return err
	}
	if err := l.Host("a").Set(reuseSetting, reuse); err != nil {
		return err
	}
	return l.reopen(l.autobind)
}

// reopen lets the client call again. If that succeeds, and the new numbers are
// behind the old ones, it moves the bytes that it takes for the stray reply to be
// the one that is awaited; then it asks, and both replies arrive.
func (l *leftover) reopen(call func() error) error {
	first := l.watchOpening()
	if err := call(); err != nil {
		return err
	}
	l.Wire().SetRule(nil)
	if l.stray == nil || l.conn.Client.Seen(journal.TCPInfo) != journal.Established {
		return nil
	}
	if err := l.accept(); err != nil {
		return err
	}
	if gap := int32(l.stray.Seq - first.theirs); gap > 0 {
		if err := l.move(0, int64(gap)); err != nil {
			return err
		}
	}
	if err := l.beImpatient(); err != nil {
		return err
	}
	l.Await(pawsTick, scenario.Never)
	o, err := l.put(users[1])
	if err != nil {
		return err
	}
	l.Rule("b", "the dead connection's reply arrives, and then the new one's")
	if err := l.Wire().Inject(l.stray.Raw, l.stray.N); err != nil {
		return err
	}
	l.service.reply(l.conn.Server, o.question)
	if err := l.hear(o); err != nil {
		return err
	}
	l.Count()
	return l.reset()
}

// assassinate lets a stray reply arrive at a TIME_WAIT: it is acknowledged, and
// the other end, which knows nothing of it any more, answers with a RST
// (RFC 1337).
func assassinate(r *scenario.Run, guarded bool) error {
	value, port := "0", uint16(assassinated)
	if guarded {
		value, port = "1", protected
	}
	if err := r.Host("a").Set(rfc1337Setting, value); err != nil {
		return err
	}
	if err := setTimestamps(r, true); err != nil {
		return err
	}
	l, err := left(r, port, true)
	if err != nil || l.stray == nil {
		return err
	}
	l.conn.Client.Look()
	l.Rule("a", "a reply of the connection arrives once more")
	if err := r.Wire().Inject(l.stray.Raw, l.stray.N); err != nil {
		return err
	}
	l.Settle()
	l.conn.Client.Look()
	return nil
}
