package load

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"
)

// end is one end of a connection.
type end struct {
	fd   int
	name string // for errors
	part []byte // the beginning of a frame whose rest has not come yet
}

// read reads into b what is there, behind what was kept; more: there may be more.
func (e *end) read(b []byte) (data []byte, more bool, err error) {
	kept := copy(b, e.part)
	e.part = e.part[:0]
	for {
		n, err := syscall.Read(e.fd, b[kept:])
		switch {
		case errors.Is(err, syscall.EAGAIN):
			return b[:kept], false, nil
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return nil, false, e.failed("read", err)
		case n == 0:
			return nil, false, e.failed("read", io.ErrUnexpectedEOF)
		case n > len(b)-kept:
			return nil, false, e.failed("read", errTooMuch)
		default:
			return b[:kept+n], kept+n == len(b), nil
		}
	}
}

// errTooMuch is that a call says that it moved more bytes than it was given.
var errTooMuch = errors.New("it returned more than it was given")

// keep keeps the beginning of a frame.
func (e *end) keep(part []byte) { e.part = append(e.part, part...) }

func (e *end) failed(op string, err error) error { return fmt.Errorf("%s %s: %w", op, e.name, err) }

// loopback is where the sockets are.
func loopback(ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// openSocket makes a TCP socket that ends with RST, as do those accepted from it: no
// TIME_WAIT is left to use up the ports. It sends at once.
func openSocket(at netip.Addr) (int, error) {
	family := syscall.AF_INET
	if at.Is6() {
		family = syscall.AF_INET6
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, syscall.IPPROTO_TCP)
	if err != nil {
		return -1, fmt.Errorf("socket for %s: %w", at, err)
	}
	err = errors.Join(
		syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}),
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1))
	if err != nil {
		_ = syscall.Close(fd)
		return -1, fmt.Errorf("setsockopt for %s: %w", at, err)
	}
	return fd, nil
}

func sockaddr(a netip.AddrPort) syscall.Sockaddr {
	if a.Addr().Is6() {
		return &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	}
	return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
}

// addrPort reads an address of the kernel's.
func addrPort(s syscall.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr), uint16(s.Port))
	}
	return netip.AddrPort{}
}

// listener makes connections whose two ends are both ours.
type listener struct {
	fd int
	at netip.AddrPort
}

// backlog is more than ever waits: each connection is accepted as soon as it is made.
const backlog = 16

func listen(at netip.Addr) (*listener, error) {
	fd, err := openSocket(at)
	if err != nil {
		return nil, err
	}
	l := &listener{fd: fd}
	if err := errors.Join(syscall.Bind(fd, sockaddr(netip.AddrPortFrom(at, 0))), syscall.Listen(fd, backlog)); err != nil {
		l.close()
		return nil, fmt.Errorf("listen on %s: %w", at, err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		l.close()
		return nil, fmt.Errorf("getsockname of the listener on %s: %w", at, err)
	}
	l.at = addrPort(name)
	return l, nil
}

func (l *listener) close() { _ = syscall.Close(l.fd) }

// connection makes a connection.
func (l *listener) connection() (client, server end, err error) {
	fd, err := openSocket(l.at.Addr())
	if err != nil {
		return client, server, err
	}
	client = end{fd: fd, name: "to " + l.at.String()}
	if err := l.reach(&client, &server); err != nil {
		_ = syscall.Close(client.fd)
		return client, server, err
	}
	return client, server, nil
}

func (l *listener) reach(client, server *end) error {
	if err := syscall.Connect(client.fd, sockaddr(l.at)); err != nil {
		return client.failed("connect", err)
	}
	local, err := syscall.Getsockname(client.fd)
	if err != nil {
		return client.failed("getsockname", err)
	}
	if *server, err = l.accept(addrPort(local)); err != nil {
		return err
	}
	return errors.Join(syscall.SetNonblock(client.fd, true), syscall.SetNonblock(server.fd, true))
}

// accept takes the connection that comes from an address. Anybody may connect to
// a port of the loopback interface: who is somebody else is sent away.
func (l *listener) accept(from netip.AddrPort) (end, error) {
	for {
		fd, peer, err := syscall.Accept4(l.fd, syscall.SOCK_CLOEXEC)
		switch {
		case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ECONNABORTED):
		case err != nil:
			return end{}, fmt.Errorf("accept on %s: %w", l.at, err)
		case addrPort(peer) == from:
			return end{fd: fd, name: "from " + from.String()}, nil
		default:
			_ = syscall.Close(fd)
		}
	}
}
