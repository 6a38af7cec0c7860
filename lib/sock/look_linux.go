package sock

import (
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// Look reads again what sock_diag says of the socket, and journals it though
// its state be the same: how far a timer has run, what waits in the queues. Of a listener
// it is how many connections wait to be accepted, and the backlog.
func (s *Socket) Look() {
	if s.seen[journal.TCPInfo] == journal.Listen {
		s.lookAtListener()
		return
	}
	if found, ok := s.find(); ok {
		s.saw(journal.SockDiag, found.StateName(), nil)
		s.sampled(&found)
	}
}

// lookAtListener journals a listener's queue. No change of its state is journalled: sock_diag
// is asked for connections alone.
func (s *Socket) lookAtListener() {
	c := s.t.diags[s.host.Name]
	local, _ := s.addresses()
	if c == nil || local.Port() == 0 {
		return
	}
	found, is, err := s.lookUp(c, local, netip.AddrPort{})
	if err == nil && !is && s.cookie != 0 { // another on the same port (SO_REUSEPORT)
		found, is, err = amongListeners(c, s.cookie)
	}
	if err != nil {
		s.t.rec.Lost(journal.SockDiag, 1, err)
		return
	}
	if is {
		s.sampled(&found)
	}
}

// amongListeners finds the listener that has a cookie.
func amongListeners(c *diag.Conn, cookie uint64) (found diag.Socket, ok bool, err error) {
	err = c.Dump(diag.Filter{States: 1 << tcpstate.Listen}, func(s diag.Socket) error {
		if s.Cookie == cookie {
			found, ok = s, true
		}
		return nil
	})
	return found, ok, err
}

// Readable says whether a read would return something other than EAGAIN: bytes,
// the end, an error. It asks sock_diag and not the socket, unless sock_diag is missing.
func (s *Socket) Readable() bool {
	if s.t.diags[s.host.Name] == nil {
		fds := []unix.PollFd{{Fd: int32(s.descriptor()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		return n > 0 || err != nil
	}
	found, ok := s.find()
	if !ok {
		return true // reset, or not to be seen: the read will tell
	}
	switch found.State {
	case tcpstate.Established, tcpstate.FinWait1, tcpstate.FinWait2:
		return found.RxQueue > 0
	}
	return true
}

// Queue is how many connections wait in a listener's queue to be accepted
// (tcpi_unacked of TCP_INFO, tcp_get_info in net/ipv4/tcp.c).
func (s *Socket) Queue() int {
	info, err := unix.GetsockoptTCPInfo(s.descriptor(), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.State != tcpstate.Listen {
		return 0
	}
	return int(info.Unacked)
}

// Unread is how many bytes wait to be read, as sock_diag says. A FIN that nobody
// has read yet counts there, and is no byte.
func (s *Socket) Unread() int {
	found, ok := s.find()
	if !ok {
		return 0
	}
	n := int(found.RxQueue)
	switch found.State {
	case tcpstate.CloseWait, tcpstate.LastAck, tcpstate.Closing:
		n--
	}
	return max(n, 0)
}

// find asks sock_diag for the socket; false: it has none such, or is missing,
// which the journal says.
func (s *Socket) find() (diag.Socket, bool) {
	c := s.t.diags[s.host.Name]
	local, remote := s.addresses()
	if c == nil || local.Port() == 0 || remote.Port() == 0 {
		return diag.Socket{}, false
	}
	found, is, err := s.lookUp(c, local, remote)
	if err != nil {
		s.t.rec.Lost(journal.SockDiag, 1, err)
	}
	return found, is
}

// Destroy makes the kernel abort the connection (SOCK_DESTROY, `ss -K`), and
// journals that as a call.
func (s *Socket) Destroy() error {
	c := s.t.diags[s.host.Name]
	local, remote := s.addresses()
	if c == nil {
		return errNoDiag
	}
	return s.call("SOCK_DESTROY", nil, func(int) returned { return returned{err: c.Destroy(local, remote)} })
}

// errNoDiag is that there is nobody to ask.
var errNoDiag = errors.New("sock_diag is not attached")
