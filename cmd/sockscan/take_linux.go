package main

import (
	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// takeListener takes in a socket that listens.
func (r *reader) takeListener(s diag.Socket) {
	v := r.here()
	v.seen++
	l := listener{
		at: endpointOf(s.Local), iface: s.Interface, inode: uint32(s.Inode),
		waiting: s.RxQueue, limit: s.TxQueue, drops: s.Drops, nowDrops: s.Drops,
	}
	if before, known := r.drops[dropKey{r.space, l.inode}]; known {
		l.drops, l.again, l.stillWaiting = before, true, s.RxQueue
	}
	v.addListener(l)
}

// count counts a socket that has, or had, a peer.
func (r *reader) count(s *socket, isTimeWait bool) {
	v := r.here()
	v.seen++
	if !v.addresses[s.local.ip] {
		if v.addresses == nil {
			v.addresses = map[[16]byte]bool{}
		}
		v.addresses[s.local.ip] = true
	}
	v.usesPort(s, isTimeWait)
}

// takeEnding takes in a socket that is on its way to an end: of MPTCP's table, which comes first, or
// of TCP's.
func (r *reader) takeEnding(d *diag.Socket, flags socketFlags) {
	if r.seen.again(d) {
		return
	}
	if flags&isMPTCP != 0 {
		r.twins.note(d)
		if r.twins.full {
			r.twinsFull = true
		}
	} else if r.twins.has(d) {
		return
	}
	s := socketOf(d, r.space, flags|isInfo)
	r.count(&s, false)
	r.look.sockets.add(s)
}

// takeTimeWait counts a socket in TIME_WAIT; those connected to themselves are kept.
func (r *reader) takeTimeWait(d *diag.Socket) {
	s := socketOf(d, r.space, 0)
	r.here().timeWait++
	r.count(&s, true)
	if s.isSelfConnected() {
		r.look.sockets.add(s)
	}
}

// takeInUse takes in a socket in use, and keeps it if something may be wrong with it: it was not accepted,
// holds data that was not read, or has sent something again.
func (r *reader) takeInUse(d *diag.Socket) {
	v := r.here()
	switch d.State {
	case tcpstate.TimeWait:
		r.takeTimeWait(d)
		return
	case tcpstate.SynSent:
		r.takeConnecting(d)
		return
	case tcpstate.SynRecv, tcpstate.NewSynRecv:
		v.seen++
		v.takeRequest(d)
		return
	}
	flags := socketFlags(0)
	if r.o.asksIdle() {
		flags = isInfo
	}
	s := socketOf(d, r.space, flags)
	r.count(&s, false)
	probing := (s.timer == timerRetransmit || s.timer == timerKeepalive) && s.retransmits >= retries
	if probing || s.timer == timerPersist || s.rx > 0 || s.inode == 0 || s.isSelfConnected() || r.o.asksIdle() {
		r.look.sockets.add(s)
	}
}

// takeConnecting counts a socket that waits for an answer to its SYN, and keeps it if that has been sent again
// more than once.
func (r *reader) takeConnecting(d *diag.Socket) {
	s := socketOf(d, r.space, 0)
	r.count(&s, false)
	if s.retransmits >= retries {
		r.look.sockets.add(s)
	} else {
		r.here().connecting++
	}
}

// maxSources bounds the addresses that a listener's half-open connections are told apart by.
const maxSources = 1 << 12

// takeRequest counts a half-open connection of a listener.
func (v *space) takeRequest(d *diag.Socket) {
	if d.Inode != 0 {
		return // of a simultaneous open: it has no listener
	}
	at := endpointOf(d.Local)
	l := v.acceptorAt(at)
	if l == nil {
		return
	}
	l.requests++
	if d.Retransmits > 0 {
		l.requestsRetried++
	}
	if l.sources == nil {
		l.sources = map[[16]byte]bool{}
	}
	if len(l.sources) < maxSources {
		l.sources[d.Remote.Addr().As16()] = true
	}
}

// noMPTCP notes that MPTCP's sockets are not listed, if there may be any.
func (r *reader) noMPTCP() {
	if len(live.Settings(r.missSetting, mptcpEnabled)) > 0 {
		r.miss("MPTCP's sockets: the kernel does not list them; `modprobe mptcp_diag` may help", closeWait.name, finWait2.name, orphan.name)
	}
}

// askSuspects asks for TCP_INFO of those in use that were kept.
func (r *reader) askSuspects(conn *diag.Conn, from int) {
	if r.twinsFull {
		r.miss("which connections are MPTCP's, beyond the first ones: some may have been counted twice", closeWait.name, finWait2.name, orphan.name)
	}
	failed := 0
	for i := from; i < r.look.sockets.n; i++ {
		s := r.look.socket(i)
		if s.is(isInfo) || s.state != tcpstate.Established {
			continue
		}
		d, found, err := conn.LookupInfo(s.local.addrPort(), s.remote.addrPort(), s.iface)
		switch {
		case err == nil && found && d.State == s.state:
			*s = socketOf(&d, r.space, isInfo)
		case err != nil:
			failed++
		} // else it has ended
	}
	if failed > 0 {
		r.miss("TCP_INFO of "+plural("connection", failed)+" in use", zeroWindow.name, deadPeer.name)
	}
}

// readListenersAgain takes in what listeners' queues are now.
func (r *reader) readListenersAgain() error {
	v := r.here()
	at := map[uint32]*listener{}
	for i := range v.listeners {
		at[v.listeners[i].inode] = &v.listeners[i]
	}
	err := live.Families(r.conn, diag.Filter{States: statesListen, Memory: true}, func(s diag.Socket) {
		if l := at[uint32(s.Inode)]; l != nil && l.at == endpointOf(s.Local) {
			l.again, l.stillWaiting, l.nowDrops = true, s.RxQueue, s.Drops
		}
	})
	if isInterrupted(err) {
		return nil // those that were seen were
	}
	return err
}
