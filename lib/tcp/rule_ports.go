package tcp

import (
	"slices"

	"sockproof/lib/journal"
)

// ports holds what bind() and connect() said of addresses against the sockets that had
// them (R2). On the host network others' sockets may have them too.
func (c *confrontation) ports() {
	for _, s := range c.Sockets {
		for _, e := range s.Calls {
			switch e.Call.Op {
			case "bind":
				c.bindResult(s, e)
			case "setsockopt":
				c.keptAs(s, e, e.Call.Kept, string(e.Call.Value()))
			case "connect":
				c.connectBegan(s, e)
			case "getsockname", "getpeername":
				if e.Call.Op == "getpeername" {
					c.isPeer(s, e)
				}
				if e.Call.Errno == "" && !journal.Address(e.Call.Out).IP().IsValid() {
					c.about(R7, s, []int{e.N}, said(s, e), "it gave no address")
				}
			}
		}
	}
}

// isPeer asks that a socket's peer is the one that it had called; at the unspecified address that is the host itself.
func (c *confrontation) isPeer(s *Socket, e *journal.Event) {
	called := Last(s.CallsOf(0, e.N, "connect"))
	if called == nil {
		return
	}
	if to := called.Call.Address(); e.Call.Errno == "" && !to.AddrPort().Addr().IsUnspecified() && e.Call.Out != string(to) {
		c.about(R2, s, []int{called.N, e.N}, said(s, e)+orNone(e.Call.Out), "it had called "+string(to))
	}
}

func (c *confrontation) bindResult(s *Socket, e *journal.Event) {
	switch {
	case e.Call.Errno == "":
		c.keptAs(s, e, string(address(journal.Address(e.Call.Kept), e.Call.Address())), string(e.Call.Address()))
		c.boundBeside(s, e)
	case c.host:
	case e.Call.Errno == journal.EADDRINUSE && e.Call.Address().Port() == 0: // no port of the range was free
	case e.Call.Errno == journal.EADDRINUSE && !c.isTaken(s, e.Call.Address(), e.N):
		c.about(R2, s, []int{e.N}, said(s, e), "no socket of that host kept the address from it")
	case e.Call.Errno == journal.EADDRNOTAVAIL:
		c.about(R2, s, []int{e.N}, said(s, e), "the address is the host's own")
	}
}

// connectBegan holds the address that connect() took, or did not get, against the others.
func (c *confrontation) connectBegan(s *Socket, e *journal.Event) {
	switch e.Call.Errno {
	case "", journal.EINPROGRESS:
		if !c.reportsOpening(s, e) {
			c.called(s, e)
		}
	case journal.EADDRNOTAVAIL:
		if !c.host && !c.hasRival(s, e.Call.Address(), e.N) {
			c.about(R2, s, []int{e.N}, said(s, e), "no other socket of that host is connected there")
		}
	}
}

// keptAs asks whether a call that set something has set it.
func (c *confrontation) keptAs(s *Socket, e *journal.Event, has, set string) {
	if e.Call.Errno == "" && e.Call.Kept != "" && has != set {
		c.about(R2, s, []int{e.N}, e.Call.Text()+" returned 0", "the socket has "+e.Call.Kept)
	}
}

// address is the one that a socket has, where any port would do as it was asked for.
func address(has, asked journal.Address) journal.Address {
	if asked.Port() == 0 && has.IP() == asked.IP() {
		return asked
	}
	return has
}

// onPort are the other sockets of a host that had a port before an event.
func (c *confrontation) onPort(s *Socket, address journal.Address, n int) []*Socket {
	return Where(c.Sockets, func(k *Socket) bool {
		return k != s && (!c.wire || k.Host == s.Host) && k.Local != "" && k.Local.Port() == address.Port() &&
			(len(k.Calls) == 0 || k.Calls[0].N <= n)
	})
}

// isTaken says whether a socket can have kept an address from another: any that had its
// port, unless both may use it again and it does not listen (inet_csk_bind_conflict in
// net/ipv4/inet_connection_sock.c).
func (c *confrontation) isTaken(s *Socket, address journal.Address, n int) bool {
	if c.anyUnnamed(s, n) {
		return true
	}
	return slices.ContainsFunc(c.onPort(s, address, n), func(k *Socket) bool {
		if !c.mayKeep(k, n) {
			return false
		}
		listens := by(k.Listening, n) && !by(k.Deaf, n)
		return listens || !s.Reuses(n) || !c.reusesOf(k, n)
	})
}

// anyUnnamed says whether another socket of the host has a port that is not known: it is connecting, and was
// not asked for its address yet.
func (c *confrontation) anyUnnamed(s *Socket, n int) bool {
	return slices.ContainsFunc(c.Sockets, func(k *Socket) bool {
		return k != s && (!c.wire || k.Host == s.Host) && k.isUnnamed() && by(k.connected, n)
	})
}

// Reuses says whether a socket had SO_REUSEADDR set before an event.
func (s *Socket) Reuses(n int) bool {
	if s == nil {
		return false
	}
	on := false
	for _, e := range s.Calls {
		if e.N < n && e.Call.Op == "setsockopt" && e.Call.Errno == "" && e.Call.Option() == journal.SOReuseAddr {
			on = e.Call.Value().On()
		}
	}
	return on
}

// reusesOf is reuses, of what was accepted as its listener has it.
func (c *confrontation) reusesOf(s *Socket, n int) bool {
	if s.Reuses(n) {
		return true
	}
	return slices.ContainsFunc(c.Sockets, func(l *Socket) bool {
		return l.Listening != 0 && l != s && s.accepted(l) && l.Reuses(n)
	})
}

// accepted says whether a socket was accepted from a listener, or waits in its queue.
func (s *Socket) accepted(listener *Socket) bool {
	return s.Host == listener.Host && s.connected == 0 && s.Local.Port() == listener.Local.Port()
}

// boundBeside asks why an address was given though another socket kept it: one that is
// open, or was in TIME_WAIT before and after.
func (c *confrontation) boundBeside(s *Socket, e *journal.Event) {
	address := e.Call.Address()
	if address.Port() == 0 || s.options[journal.SOReusePort].On() {
		return
	}
	for _, k := range c.onPort(s, address, e.N) {
		if !overlap(k.Local, address) || !c.keeps(k, e.N) {
			continue
		}
		listens := by(k.Listening, e.N) && !by(k.Deaf, e.N)
		if listens || !s.Reuses(e.N) || !c.reusesOf(k, e.N) {
			c.about(R2, s, []int{e.N}, said(s, e), k.ID+" kept "+string(address)+" from it")
			return
		}
	}
}

// keeps says whether a socket surely had its address when something happened.
func (c *confrontation) keeps(s *Socket, n int) bool {
	if s.hasOwn(n) && s.bound(n) {
		return true
	}
	state, _ := s.StateAt(journal.SockDiag, n)
	return state == journal.TimeWait && slices.ContainsFunc(s.samples, func(x *journal.Event) bool {
		return x.N > n && x.Sample.State == journal.TimeWait
	})
}

// bound says whether a socket had a port when something happened: by bind(), or because
// it was connected or accepted, and it has not been reset since.
func (s *Socket) bound(n int) bool {
	if state, _ := s.StateAt(journal.TCPInfo, n); s.connected != 0 && state == journal.Close {
		return false
	}
	return by(s.connected, n) || s.connected == 0 && s.End != nil && by(s.End.opening(), n) || slices.ContainsFunc(s.Calls, func(e *journal.Event) bool {
		return e.N < n && e.Call.Op == "bind" && e.Call.Errno == ""
	})
}

// overlap says whether two addresses on one port exclude each other: they are the same,
// or one stands for all.
func overlap(x, y journal.Address) bool {
	return x == y || x.IP().IsUnspecified() || y.IP().IsUnspecified()
}

// mayKeep says whether a socket may have had its address when something happened: it was
// open, or what was left of it was not seen to be gone.
func (c *confrontation) mayKeep(s *Socket, n int) bool {
	if s.handles > 0 || s.hasOwn(n) || s.Deaf > n || s.End != nil && (s.End.Closed == 0 || s.End.Closed > n) {
		return true
	}
	state, _ := s.StateAt(journal.SockDiag, n)
	connected := s.End != nil || s.Remote != "" && !c.sees()
	return connected && state != journal.Gone
}

// hasRival says whether another socket of the host has a connection to an address, or a listener
// was called from there, so that a port may have been kept from this one.
func (c *confrontation) hasRival(s *Socket, to journal.Address, n int) bool {
	called := func(e *End) bool { return e.Passive && e.Remote == to && by(e.Born, n) }
	return slices.ContainsFunc(c.Ends, called) || slices.ContainsFunc(c.Sockets, func(k *Socket) bool {
		return k != s && k.Host == s.Host && k.Remote == to
	})
}

// reportsOpening says whether a connect() returned what became of an opening that an earlier
// one had begun and not waited for (SS_CONNECTING in __inet_stream_connect,
// net/ipv4/af_inet.c).
func (c *confrontation) reportsOpening(s *Socket, e *journal.Event) bool {
	var before *journal.Event
	for _, x := range s.CallsOf(0, e.N, "connect") {
		before = x
	}
	return e.Call.Errno == "" && before != nil && before.Call.Errno == journal.EINPROGRESS && s.End != nil && by(s.End.opening(), e.N)
}

// called asks whether a call that began an opening made a SYN leave.
func (c *confrontation) called(s *Socket, e *journal.Event) {
	to := e.Call.Address()
	if !c.sees() || c.carriesBulk(s) {
		return
	}
	limit := max(c.nextDeed(e.N), c.soon(e.N), e.N+reach)
	for i, _ := c.index(e.N); i < len(c.Journal.Events) && c.Journal.Events[i].N <= limit; i++ {
		x := c.segments[i]
		if x != nil && x.isOpening() && x.Packet.Dst == to && (s.Local == "" || x.Packet.Src == s.Local) {
			return
		}
	}
	c.about(R3, s, []int{e.N}, "connect() of "+s.ID+" began an opening", "no SYN left it")
}
