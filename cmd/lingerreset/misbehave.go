package main

import (
	"fmt"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
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
	t       *scenario.T
	socket  *scenario.End     // the peer's end
	victim  *scenario.Command // nil: whoever is at the other end
	began   time.Time
	acted   time.Time // when it misbehaved; zero: it has not
	readEnd bool      // the victim has sent its FIN
	reset   bool      // the connection, by the victim
	kept    int       // how much of what it sent is in the journal, in bytes
}

// misbehave reads until it is time, does what the mode says, and waits for the
// program, if there is one, to end. All but the first reads are counted, not kept:
// there may be gigabytes. What came of it is handed on, also of a run that is ended.
func (p *peer) misbehave(t *scenario.T, s *scenario.End, program *scenario.Command, handOn func(misbehaved)) {
	e := &encounter{peer: p, t: t, socket: s, victim: program, began: time.Now()}
	e.program, e.socketID = program != nil, s.ID()
	defer func() {
		e.finish()
		handOn(e.misbehaved)
	}()
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
	if e.reset || e.victim != nil && e.ended() {
		return
	}
	if program != nil {
		e.SIGPIPE = program.Disposition()
	}
	e.acted = time.Now()
	e.act()
	e.rest()
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
		got, errno := e.take(room(read))
		read += int64(max(got, 0))
		e.readEnd = errno == "" && got == 0
		e.reset = errno != "" && errno != journal.EAGAIN
	}
	return read
}

// take reads once. What is little is kept, until there is a flood.
func (e *encounter) take(room int) (int, journal.Errno) {
	if e.kept < meal && e.socket.Unread() > morsel {
		e.kept = meal
	}
	if e.kept >= meal {
		return e.socket.ReadBulk(room)
	}
	b, errno := e.socket.Read(min(room, morsel))
	e.kept += len(b)
	return len(b), errno
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
	for over := false; !over; {
		e.t.Rounds(1, func() scenario.Round {
			kept := e.kept
			e.t.Await(tick, func() bool {
				over = done()
				return over || e.kept > kept
			})
			if e.kept > kept && e.socket.Unread() > morsel { // the beginning of a flood
				e.kept = meal
			}
			if e.kept > kept && e.kept < meal {
				return scenario.Keep
			}
			return scenario.Fold
		})
	}
}

// waitFor waits for as long as it takes where there is no encounter yet.
func waitFor(t *scenario.T, done func() bool) {
	for over := false; !over; {
		t.Rounds(1, func() scenario.Round {
			over = t.Await(tick, done)
			return scenario.Fold
		})
	}
}

// grace waits a little.
func (e *encounter) grace(done func() bool) {
	until := time.Now().Add(patience)
	e.waiting(func() bool { return done() || time.Now().After(until) })
}

// act does what the mode says, names the calls that did it, and says which RST is
// due for them. It waits for nothing that they cause.
func (e *encounter) act() {
	e.t.AtOnce(func() {
		switch e.mode {
		case modeRST:
			e.socket.Reset()
			e.Did, e.due = "close() with SO_LINGER {1, 0}", dueNow
		case modeShutWR:
			e.socket.ShutdownWrite()
			e.Did, e.due = tcp.ShutWrite, dueNever
		case modeCloseUnread:
			e.closeUnread()
		default:
			e.closeRead()
		}
	})
}

// closeUnread closes with what has come unread.
func (e *encounter) closeUnread() {
	unread := e.socket.Unread()
	e.socket.Close()
	e.Did, e.due = fmt.Sprintf("close() with %d bytes unread", unread), dueNow
	if unread == 0 {
		e.Did, e.due = "close(), for nothing came that could be left unread", dueLater
	}
}

// closeRead closes in order. From the shutdown on nothing more is taken in, and what had
// come is read: a close with anything unread would be a reset.
func (e *encounter) closeRead() {
	e.socket.Shutdown(journal.ShutBoth)
	for e.socket.Unread() > 0 {
		if n, errno := e.socket.ReadBulk(bulk); n <= 0 || errno != "" {
			break
		}
	}
	e.socket.Close()
	e.Did, e.due = "shutdown(SHUT_RDWR) and close()", dueLater
}

// rest waits for the program to end, or, where there is none, for the connection
// to; with shut-wr it goes on reading.
func (e *encounter) rest() {
	if !e.socket.IsOpen() { // what comes now is the RST, and little else
		e.t.Await(endless, e.ended)
		return
	}
	drained := func() bool {
		e.ReadAfter += e.read(func(int64) int { return bulk })
		return e.readEnd || e.reset
	}
	e.waiting(func() bool { return drained() && e.ended() || e.victim != nil && e.victim.Ended() })
	e.grace(drained) // what a program that has ended had left in its socket
	e.t.AtOnce(func() { e.socket.Close() })
}

// finish notes how the program ended, so long after its peer misbehaved.
func (e *encounter) finish() {
	e.Unfinished = e.t.Over()
	if e.victim == nil {
		return
	}
	status, signal, ended := e.victim.Status()
	if !ended {
		return
	}
	e.Unfinished = false
	if !e.acted.IsZero() {
		e.WentOnNS = time.Since(e.acted).Nanoseconds()
	}
	if e.Signal = signal; signal == "" {
		e.Status = &status
	}
}
