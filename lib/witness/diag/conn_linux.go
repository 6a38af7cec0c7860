package diag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// bufferLen is how much one receive takes. The kernel sizes the messages of a
// dump to it, up to 32 KiB (netlink_recvmsg, net/netlink/af_netlink.c).
const bufferLen = 32 << 10

// Conn is a connection to the sock_diag of one network namespace. It is not for
// use by several goroutines at once.
//
// After an error that is not ErrInterrupted nor the caller's own, replies may
// be left over in it: close it and open another.
type Conn struct {
	fd  int
	seq uint32
	req request
	buf []byte
}

// ErrInterrupted says that the kernel's table changed during a dump in a way
// that may have left sockets out or named them twice (NLM_F_DUMP_INTR).
var ErrInterrupted = errors.New("sock_diag: dump interrupted by changes")

// Open connects to the sock_diag of the calling thread's network namespace; the
// Conn works from every thread afterwards. It needs no privilege.
//
// It fails, naming the module, if the kernel has no tcp_diag: otherwise every
// Lookup would say, in the same words, that there is no such socket.
func Open() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: socket(NETLINK_SOCK_DIAG): %w", err)
	}
	c := &Conn{fd: fd, buf: make([]byte, bufferLen)}
	if err := c.probe(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close ends the connection.
func (c *Conn) Close() error {
	if err := unix.Close(c.fd); err != nil {
		return fmt.Errorf("sock_diag: close: %w", err)
	}
	return nil
}

// probe finds out whether the kernel answers for TCP: a dump of no states at
// all costs nothing, and fails if there is nobody to ask.
func (c *Conn) probe() error {
	const noStates = 0
	err := c.dump(Filter{Family: FamilyIPv4, States: noStates}, func(Socket) error { return nil })
	if errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("sock_diag: the kernel does not answer for TCP; `modprobe tcp_diag` may help: %w", err)
	}
	return err
}

// Lookup finds the socket with exactly these addresses. A zero remote asks for
// the listener bound to exactly local.
//
// A socket bound to an interface, as one with a link-local address is, is found
// by Dump only: addresses with a zone are refused.
func (c *Conn) Lookup(local, remote netip.AddrPort) (Socket, bool, error) {
	return c.lookup(local, remote, 0, false)
}

// LookupInfo is Lookup with all that a Dump is told with Filter.Info, and of a socket that is bound to an interface, by
// its index; 0: it is not.
func (c *Conn) LookupInfo(local, remote netip.AddrPort, bound uint32) (Socket, bool, error) {
	return c.lookup(local, remote, bound, true)
}

func (c *Conn) lookup(local, remote netip.AddrPort, bound uint32, info bool) (Socket, bool, error) {
	local, remote, err := lookupKey(local, remote)
	if err != nil {
		return Socket{}, false, err
	}
	c.seq++
	c.req.lookup(c.seq, local, remote)
	binary.NativeEndian.PutUint32(c.req[reqInterface:], bound)
	if info {
		c.req[reqExtension] = askInfo
	}
	if err := c.send(); err != nil {
		return Socket{}, false, err
	}
	for {
		b, err := c.receive()
		if err != nil {
			return Socket{}, false, err
		}
		m, _, err := nextMessage(b)
		switch {
		case err != nil:
			return Socket{}, false, err
		case m.seq != c.seq:
			continue // the answer to a question given up on
		case m.kind == typeError:
			if err = errno(m.payload); errors.Is(err, unix.ENOENT) {
				return Socket{}, false, nil
			}
			return Socket{}, false, fmt.Errorf("sock_diag: lookup %v > %v: %w", local, remote, err)
		case m.kind != typeByFamily:
			return Socket{}, false, fmt.Errorf("sock_diag: lookup %v > %v: answered by a message of type %d", local, remote, m.kind)
		}
		s, err := parseMessage(m.payload)
		if err != nil {
			return Socket{}, false, err
		}
		// Where there is no such connection the kernel answers with the
		// listener that would take it.
		if s.Local != local || s.Remote != remote {
			return Socket{}, false, nil
		}
		if info {
			s.tell(m.payload, Filter{Info: true})
		}
		return s, true, nil
	}
}

// lookupKey brings the addresses to the form in which sockets have them here.
func lookupKey(local, remote netip.AddrPort) (l, r netip.AddrPort, err error) {
	l = netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
	r = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	if remote == (netip.AddrPort{}) {
		r = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
		if l.Addr().Is4() {
			r = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
		}
	}
	switch {
	case !l.IsValid() || !r.IsValid():
		return l, r, fmt.Errorf("sock_diag: lookup %v > %v: no address", local, remote)
	case l.Addr().Is4() != r.Addr().Is4():
		return l, r, fmt.Errorf("sock_diag: lookup %v > %v: addresses of different IP versions", local, remote)
	case l.Addr().Zone() != "" || r.Addr().Zone() != "":
		return l, r, fmt.Errorf("sock_diag: lookup %v > %v: addresses with a zone are not looked up", local, remote)
	}
	return l, r, nil
}

// send sends the request. A netlink socket with no destination is the kernel's.
func (c *Conn) send() error {
	for {
		_, err := unix.Write(c.fd, c.req.bytes())
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("sock_diag: send: %w", err)
		}
	}
}

// receive returns what one receive gives, in the buffer that the next reuses.
func (c *Conn) receive() ([]byte, error) {
	for {
		// With MSG_TRUNC the length is the message's, also where it did not fit.
		n, _, err := unix.Recvfrom(c.fd, c.buf, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, fmt.Errorf("sock_diag: receive: %w", err)
		case n > len(c.buf):
			return nil, fmt.Errorf("sock_diag: receive: a reply of %d bytes did not fit into %d: %w", n, len(c.buf), unix.EMSGSIZE)
		}
		return c.buf[:n], nil
	}
}

// errno reads the error that an NLMSG_ERROR, or the NLMSG_DONE of a dump,
// begins with; nil where it is 0 or absent.
func errno(payload []byte) error {
	if n := int32(field32(payload, 0)); n != 0 {
		return unix.Errno(-n)
	}
	return nil
}
