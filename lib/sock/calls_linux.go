package sock

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// errNoAddress is that a call is asked for with an address that was never learnt.
var errNoAddress = errors.New("there is no address to give it")

// Bind names the socket (bind(2)).
func (s *Socket) Bind(a netip.AddrPort) error {
	if !a.IsValid() {
		return &CallError{Op: "bind", Args: []string{s.id}, Err: errNoAddress}
	}
	if err := s.t.watchPort(a.Port()); err != nil {
		return err
	}
	err := s.call("bind", []string{a.String()}, func(fd int) returned {
		if err := unix.Bind(fd, sockaddr(s.family, a)); err != nil {
			return returned{err: err}
		}
		_, has, err := askAddress(unix.SYS_GETSOCKNAME, fd, 0)
		if err != nil {
			return returned{} // the call itself succeeded
		}
		return returned{kept: has.String()}
	})
	if err == nil && a.Port() != 0 {
		s.learn(a, netip.AddrPort{})
	}
	return err
}

// Join makes a socket of UDP a member of a multicast group (ip(7), ipv6(7)).
func (s *Socket) Join(group netip.Addr) error {
	name := "IP_ADD_MEMBERSHIP"
	if group.Is6() {
		name = "IPV6_JOIN_GROUP"
	}
	return s.call("setsockopt", []string{name, group.String()}, func(fd int) returned {
		if group.Is6() {
			return returned{err: unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &unix.IPv6Mreq{Multiaddr: group.As16()})}
		}
		return returned{err: unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &unix.IPMreqn{Multiaddr: group.As4(), Address: s.host.Addr.As4()})}
	})
}

// Connect opens actively (connect(2)). On a non-blocking socket it fails with
// EINPROGRESS, which is in the journal and means that it has begun.
func (s *Socket) Connect(a netip.AddrPort) error {
	if !a.IsValid() {
		return &CallError{Op: "connect", Args: []string{s.id}, Err: errNoAddress}
	}
	if err := s.t.watchPort(a.Port()); err != nil {
		return err
	}
	// The peer's address is noted before the call: what it causes is looked at
	// before it returns to the caller.
	s.learn(netip.AddrPort{}, a)
	s.dials.Store(true)
	return s.call("connect", []string{a.String()}, func(fd int) returned {
		return returned{err: unix.Connect(fd, sockaddr(s.family, a))}
	})
}

// Listen opens passively (listen(2)).
func (s *Socket) Listen(backlog int) error {
	return s.call("listen", []string{strconv.Itoa(backlog)}, func(fd int) returned {
		return returned{err: unix.Listen(fd, backlog)}
	})
}

// Accept takes a connection from a listener's queue (accept4(2)); the socket
// it returns is non-blocking. Where it was watched in the queue it is that one (Queued).
func (s *Socket) Accept() (*Socket, error) {
	var child *Socket
	err := s.call("accept4", []string{"SOCK_CLOEXEC|SOCK_NONBLOCK"}, func(listener int) returned {
		fd, from, err := askAddress(unix.SYS_ACCEPT4, listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		if err != nil {
			return returned{err: err}
		}
		if child = s.t.queuedFrom(from, s); child == nil {
			child = s.child(from)
		}
		child.mu.Lock()
		child.fd = fd
		child.mu.Unlock()
		child.identify(fd)
		child.lingers.Store(s.lingers.Load()) // inherited
		return returned{n: fd, out: journal.AcceptedText(child.id, journal.AddressOf(from))}
	})
	if err != nil {
		return nil, err
	}
	return child, nil
}

// child is a connection that a listener has accepted, not watched so far.
func (s *Socket) child(from netip.AddrPort) *Socket {
	c := &Socket{t: s.t, id: s.t.name(s.host), host: s.host, family: s.family, fd: -1, seen: map[journal.Witness]string{}}
	local, _ := s.addresses()
	if local.Addr().IsUnspecified() {
		local = netip.AddrPort{} // getsockname will tell
	}
	c.learn(local, from)
	s.t.watch(c)
	return c
}

// Local is the socket's own address (getsockname(2)).
func (s *Socket) Local() (netip.AddrPort, error) {
	a, err := s.name("getsockname", unix.SYS_GETSOCKNAME)
	if err == nil && a.Port() != 0 {
		s.learn(a, netip.AddrPort{})
		if err := s.t.watchPort(a.Port()); err != nil {
			return a, err
		}
		s.t.Sample() // sock_diag can find it from here on
	}
	return a, err
}

// Remote is its peer's address (getpeername(2)).
func (s *Socket) Remote() (netip.AddrPort, error) {
	return s.name("getpeername", unix.SYS_GETPEERNAME)
}

func (s *Socket) name(op string, number uintptr) (netip.AddrPort, error) {
	var a netip.AddrPort
	err := s.call(op, nil, func(fd int) returned {
		var err error
		if _, a, err = askAddress(number, fd, 0); err != nil {
			return returned{err: err}
		}
		return returned{out: a.String()}
	})
	if err == nil && !a.IsValid() {
		err = fmt.Errorf("%s(%s): it returned 0, and no address", op, s.id)
	}
	return a, err
}

// Write sends (write(2)); it may take less than all.
func (s *Socket) Write(b []byte) (int, error) {
	var n int
	err := s.call("write", []string{strconv.Itoa(len(b))}, writing(b, &n))
	return n, err
}

// writing is the call of write(2).
func writing(b []byte, n *int) func(fd int) returned {
	return func(fd int) returned {
		var err error
		*n, err = unix.Write(fd, b)
		return returned{n: *n, data: moved(b, *n), err: err}
	}
}

// Writev sends from several buffers in one call (writev(2)); it may take less than all.
func (s *Socket) Writev(parts ...[]byte) (int, error) {
	var n int
	all := slices.Concat(parts...)
	err := s.call("writev", []string{strconv.Itoa(len(parts)) + " buffers", strconv.Itoa(len(all))}, func(fd int) returned {
		var err error
		n, err = unix.Writev(fd, parts)
		return returned{n: n, data: moved(all, n), err: err}
	})
	return n, err
}

// WriteBulk sends n bytes of no meaning (write(2)), which the journal counts
// and does not keep; it may take less than all.
func (s *Socket) WriteBulk(n int) (int, error) {
	var taken int
	err := s.call("write", []string{strconv.Itoa(n)}, func(fd int) returned {
		r := writing(make([]byte, n), &taken)(fd)
		r.data = nil
		return r
	})
	return taken, err
}

// ReadBulk receives up to size bytes (read(2)), which the journal counts and
// does not keep; none and no error: the end.
func (s *Socket) ReadBulk(size int) (int, error) {
	var n int
	err := s.call("read", []string{strconv.Itoa(size)}, func(fd int) returned {
		var err error
		n, err = unix.Read(fd, make([]byte, size))
		return returned{n: n, err: err}
	})
	return n, err
}

// Read receives up to size bytes (read(2)); none and no error: the end.
func (s *Socket) Read(size int) ([]byte, error) {
	b := make([]byte, size)
	err := s.call("read", []string{strconv.Itoa(size)}, func(fd int) returned {
		n, err := unix.Read(fd, b)
		b = moved(b, n)
		return returned{n: n, data: b, err: err}
	})
	return b, err
}

// ReadNow receives up to size bytes if there are any, on a socket that blocks too
// (recvfrom(2) with MSG_DONTWAIT).
func (s *Socket) ReadNow(size int) ([]byte, error) {
	return s.recv(size, "MSG_DONTWAIT", unix.MSG_DONTWAIT)
}

// ReadUrgent receives the urgent byte (recvfrom(2) with MSG_OOB).
func (s *Socket) ReadUrgent() ([]byte, error) {
	return s.recv(1, string(journal.MSGOOB), unix.MSG_OOB)
}

// recv receives up to size bytes with a flag (recvfrom(2)).
func (s *Socket) recv(size int, name string, flag int) ([]byte, error) {
	b := make([]byte, size)
	err := s.call("recvfrom", []string{strconv.Itoa(size), name}, func(fd int) returned {
		n, _, err := unix.Recvfrom(fd, b, flag)
		b = moved(b, n)
		return returned{n: n, data: b, err: err}
	})
	return b, err
}

// sendFlags are the flags of sendmsg(2).
var sendFlags = map[journal.SendFlag]int{
	journal.MSGNoSignal: unix.MSG_NOSIGNAL,
	journal.MSGMore:     unix.MSG_MORE,
	journal.MSGOOB:      unix.MSG_OOB,
}

// Sendmsg sends with flags (sendmsg(2)).
func (s *Socket) Sendmsg(b []byte, flags ...journal.SendFlag) (int, error) {
	value, names := 0, "0"
	for i, f := range flags {
		value |= sendFlags[f]
		if i == 0 {
			names = string(f)
		} else {
			names += "|" + string(f)
		}
	}
	var n int
	err := s.call("sendmsg", []string{strconv.Itoa(len(b)), names}, func(fd int) returned {
		var err error
		n, err = unix.SendmsgN(fd, b, nil, nil, value)
		return returned{n: n, data: moved(b, n), err: err}
	})
	return n, err
}

// SetBlocking lets the socket's calls block from now on (fcntl(2) without
// O_NONBLOCK): make them in the background.
func (s *Socket) SetBlocking() error {
	return s.call("fcntl", []string{"F_SETFL", "0"}, func(fd int) returned {
		return returned{err: unix.SetNonblock(fd, false)}
	})
}

// halves are what shutdown(2) closes.
var halves = map[journal.How]int{
	journal.ShutRead:  unix.SHUT_RD,
	journal.ShutWrite: unix.SHUT_WR,
	journal.ShutBoth:  unix.SHUT_RDWR,
}

// Shutdown closes one half, or both, of the connection (shutdown(2)).
func (s *Socket) Shutdown(h journal.How) error {
	return s.call("shutdown", []string{string(h)}, func(fd int) returned {
		return returned{err: unix.Shutdown(fd, halves[h])}
	})
}

// Reset ends the connection with RST and without TIME_WAIT: close(2) with
// SO_LINGER set to 0 seconds (socket(7)).
func (s *Socket) Reset() error {
	if err := s.SetLinger(true, 0); err != nil {
		return err
	}
	return s.Close()
}

// Close closes the descriptor (close(2)). The connection may live on, as an
// orphan that only sock_diag sees.
func (s *Socket) Close() error {
	s.count()
	s.mu.Lock()
	fd := s.fd
	s.fd = -1 // from here on nobody looks at the descriptor, which may be another's
	s.mu.Unlock()
	closed := alone(fd, s.lingers.Load())
	return s.t.record(s.host.Name, s.id, "close", []string{s.id}, func() returned {
		r := returned{err: unix.Close(fd)}
		closed()
		if r.err != nil {
			r.n = -1
		}
		return r
	})
}
