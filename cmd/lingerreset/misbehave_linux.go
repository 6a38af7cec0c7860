package main

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

const (
	// endless is longer than anybody waits.
	endless = 1000 * time.Hour
	// tick bounds what is recorded of a wait before it is folded.
	tick = 10 * time.Millisecond
	// bulk is how much is read at once, in bytes, and burst how often in a row: a
	// victim that never stops sending must not keep the peer from looking up.
	bulk  = 64 << 10
	burst = 64
	// morsel is how much of what a victim sends is kept of one reading, and meal in
	// all, in bytes: what a request has, and no flood.
	morsel = 16 << 10
	meal   = 64 << 10
)

// encounter is one victim's.
type encounter struct {
	*peer
	misbehaved
	r       *scenario.Run
	socket  *sock.Socket  // the peer's end
	victim  *sock.Command // nil: whoever is at the other end
	began   time.Time
	readEnd bool // the victim has sent its FIN
	reset   bool // the connection, by the victim
	kept    int  // how much of what it sent is in the journal, in bytes
}

// misbehave reads until it is time, does what the mode says, and waits for the
// program, if there is one, to end. All but the first reads are counted, not kept:
// there may be gigabytes.
func (p *peer) misbehave(r *scenario.Run, s *sock.Socket, program *sock.Command) misbehaved {
	e := &encounter{peer: p, r: r, socket: s, victim: program, began: time.Now()}
	e.program, e.socketID = program != nil, s.ID()
	e.waiting(func() bool {
		e.ReadBefore += e.read(e.room)
		return e.isTime()
	})
	switch {
	case e.readEnd: // who ends may be about to
		e.grace(e.ended)
	case e.mode == modeCloseUnread:
		e.grace(func() bool { return s.Unread() > 0 || e.ended() })
	}
	e.AfterNS, e.EndedSide = time.Since(e.began).Nanoseconds(), e.readEnd
	if e.reset {
		e.waiting(e.ended)
	}
	if !r.OK() || e.reset || e.victim != nil && e.ended() {
		e.tell(0)
		return e.misbehaved
	}
	if program != nil {
		e.SIGPIPE = program.Disposition()
	}
	since := time.Now()
	e.Did, e.due = e.act()
	e.ReadAfter = e.rest()
	e.tell(time.Since(since))
	return e.misbehaved
}

// ended says whether the program has; where there is none, nobody can tell.
func (e *encounter) ended() bool { return e.victim == nil || e.victim.Ended() }

// isTime says whether the peer has waited for enough.
func (e *encounter) isTime() bool {
	return e.readEnd || e.reset || e.bytes > 0 && e.ReadBefore >= e.bytes ||
		e.wait > 0 && time.Since(e.began) >= e.wait || e.victim != nil && !e.socket.Readable() && e.victim.Ended()
}

// read takes in what there is, so much at once as room allows, and says how much
// it was.
func (e *encounter) read(room func(read int64) int) (read int64) {
	kept := e.kept
	for n := 0; n < burst && !e.readEnd && !e.reset && e.kept == kept && room(read) > 0 && e.socket.Readable(); n++ {
		got, err := e.take(room(read))
		read += int64(max(got, 0))
		e.readEnd = err == nil && got == 0
		e.reset = err != nil && !errors.Is(err, syscall.EAGAIN)
	}
	return read
}

// take reads once. What is little is kept, until there is a flood.
func (e *encounter) take(room int) (int, error) {
	if e.kept < meal && e.socket.Unread() > morsel {
		e.kept = meal
	}
	if e.kept >= meal {
		return e.socket.ReadBulk(room)
	}
	b, err := e.socket.Read(min(room, morsel))
	e.kept += len(b)
	return len(b), err
}

// room is how much may still be read before it is time.
func (e *encounter) room(read int64) int {
	if e.bytes == 0 {
		return bulk
	}
	return int(min(e.bytes-e.ReadBefore-read, bulk))
}

// waiting waits for as long as it takes, in pieces that are folded, but for those in
// which something came that is kept.
func (e *encounter) waiting(done func() bool) {
	for over := false; !over && e.r.OK(); {
		e.r.Trial(func() (keep bool) {
			kept := e.kept
			e.r.Await(tick, func() bool {
				over = done()
				return over || e.kept > kept
			})
			if e.kept > kept && e.socket.Unread() > morsel { // the beginning of a flood
				e.kept = meal
			}
			return e.kept > kept && e.kept < meal
		})
	}
}

// waiting waits where there is no encounter yet.
func (p *peer) waiting(r *scenario.Run, done func() bool) {
	for over := false; !over && r.OK(); {
		r.Trial(func() bool { over = r.Await(tick, done); return false })
	}
}

// grace waits a little.
func (e *encounter) grace(done func() bool) {
	until := time.Now().Add(patience)
	e.waiting(func() bool { return done() || time.Now().After(until) })
}

// act does what the mode says, names the calls that did it, and says which RST is
// due for them.
func (e *encounter) act() (did, due string) {
	s := e.socket
	switch e.mode {
	case modeRST:
		_ = s.Reset()
		return "close() with SO_LINGER {1, 0}", dueNow
	case modeShutWR:
		_ = s.Shutdown(journal.ShutWrite)
		return claim.ShutWrite, dueNever
	case modeCloseUnread:
		unread := s.Unread()
		_ = s.Close()
		if unread == 0 {
			return "close(), for nothing came that could be left unread", dueLater
		}
		return fmt.Sprintf("close() with %d bytes unread", unread), dueNow
	}
	// From the shutdown on nothing more is taken in, and what had come is read:
	// a close with anything unread would be a reset.
	_ = s.Shutdown(journal.ShutBoth)
	for s.Unread() > 0 {
		if n, err := s.ReadBulk(bulk); n <= 0 || err != nil {
			break
		}
	}
	_ = s.Close()
	return "shutdown(SHUT_RDWR) and close()", dueLater
}

// rest waits for the program to end, or, where there is none, for the connection
// to; with shut-wr it goes on reading. It returns how much it read.
func (e *encounter) rest() (read int64) {
	if !e.socket.IsOpen() { // what comes now is the RST, and little else
		e.r.Await(endless, e.ended)
		return 0
	}
	drained := func() bool {
		read += e.read(func(int64) int { return bulk })
		return e.readEnd || e.reset
	}
	e.waiting(func() bool { return drained() && e.ended() || e.victim != nil && e.victim.Ended() })
	e.grace(drained) // what a program that has ended had left in its socket
	_ = e.socket.Close()
	return read
}

// tell notes how the program ended, so long after its peer misbehaved.
func (e *encounter) tell(after time.Duration) {
	e.Unfinished = !e.r.OK()
	if e.victim == nil {
		return
	}
	status, signal, ended := e.victim.Status()
	if !ended {
		return
	}
	e.Unfinished, e.WentOnNS = false, after.Nanoseconds()
	if e.Signal = signal; signal == "" {
		e.Status = &status
	}
}
