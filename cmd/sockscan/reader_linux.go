package main

import (
	"errors"
	"fmt"
	"syscall"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// reader reads one network namespace into a look.
type reader struct {
	look  *look
	space uint16
	o     *options
	conn  live.Dumper
	drops map[dropKey]uint32 // of the look before
	unmet map[uint64]int     // of the sockets that --pid asks for: those that no table has had yet
	seen  seenSockets
	twins twins
	// twinsFull: there are too many MPTCP sockets to tell all their connections from others.
	twinsFull bool
}

// Which states are asked for together. TCP_INFO costs as much as all the rest, and of most sockets
// in use it is not needed.
const (
	statesListen = 1 << tcpstate.Listen
	statesInUse  = 1<<tcpstate.Established | 1<<tcpstate.SynSent | 1<<tcpstate.SynRecv | 1<<tcpstate.NewSynRecv
	statesEnding = 1<<tcpstate.CloseWait | 1<<tcpstate.FinWait1 | 1<<tcpstate.FinWait2 | 1<<tcpstate.Closing | 1<<tcpstate.LastAck
)

func (r *reader) here() *space { return &r.look.spaces[r.space] }

// read reads everything of the namespace but what needs a second look.
func (r *reader) read(p *opened) error {
	v := r.here()
	err := p.space.In(func() error {
		v.settings, v.kept = r.readSettings(), r.readKept()
		return nil
	})
	if err != nil {
		return err
	}
	if v.counters, err = p.counters.Read(); err != nil {
		return err
	}
	before, kept := *v, r.look.sockets.n
	err = live.Again(func() error {
		*v, r.look.sockets.n = before, kept // what was read of an interrupted dump is read anew
		r.seen, r.twins = seenSockets{}, twins{}
		return r.readTables()
	})
	if isInterrupted(err) {
		r.miss("sockets: the table changed during each dump; look again", kindNames()...)
		err = nil
	}
	if err == nil {
		r.askSuspects(p.conn, kept)
		r.missPorts()
	}
	return err
}

// missPorts notes what is not known of ports.
func (r *reader) missPorts() {
	if r.here().settings.ports == (portrange.Range{}) {
		r.miss("ports: "+portrange.RangeSetting+" cannot be read", portsKind.name)
	}
	if r.here().destinations.folded {
		r.miss("ports to destinations with few connections: there are more than "+scanCount(maxDestinations), portsKind.name)
	}
	if used, usable := r.here().inUse.size(), r.here().usable(); usable > 0 && used*100 >= usable*r.o.portsAt {
		r.miss(fmt.Sprintf("ports for a bind() that names none: %s of %s have connections; which of those were bound first, and keep them from others, the kernel does not tell",
			scanCount(used), scanCount(usable)), portsKind.name)
	}
	if !r.look.saidBound && !showsBound(r.missSetting) {
		r.look.saidBound = true
		r.miss("ports of sockets that are bound and not connected: kernels before Linux 6.8 do not list them", portsKind.name)
	}
}

// miss notes what was not looked at.
func (r *reader) miss(what string, kinds ...string) {
	r.look.unseen = append(r.look.unseen, unseen{what, kinds})
}

// readTables reads the kernel's tables: who listens, so that the service's end is known, then
// MPTCP's sockets, then TCP's, among which are those that MPTCP's stand for already. diag.ErrInterrupted
// comes after the last socket.
func (r *reader) readTables() error {
	var interrupted error
	for _, pass := range []struct {
		filter diag.Filter
		take   func(diag.Socket)
	}{
		{diag.Filter{States: statesListen, Memory: true}, r.takeListener},
		{diag.Filter{States: statesEnding, Info: true, MPTCP: true}, func(s diag.Socket) { r.takeEnding(&s, isMPTCP) }},
		{diag.Filter{States: statesInUse | 1<<tcpstate.TimeWait, Info: r.o.asksIdle()}, func(s diag.Socket) { r.takeInUse(&s) }},
		{diag.Filter{States: statesEnding, Info: true}, func(s diag.Socket) { r.takeEnding(&s, 0) }},
		{diag.Filter{States: 1 << tcpstate.Bound}, func(s diag.Socket) { r.here().bound = append(r.here().bound, s.Local.Port()) }},
	} {
		err := live.Families(r.conn, pass.filter, func(s diag.Socket) {
			delete(r.unmet, s.Inode)
			pass.take(s)
		})
		switch {
		case pass.filter.MPTCP && errors.Is(err, syscall.ENOENT):
			r.noMPTCP()
		case isInterrupted(err):
			interrupted = err
		case err != nil:
			return err
		}
	}
	return interrupted
}
