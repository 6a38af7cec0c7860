package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	// bufferLen has room for what lo carries in one piece: segments of up to
	// 64 KiB (gso_max_size), twice over.
	bufferLen = 128 << 10
	// receiveBuffer is how many bytes may wait in the kernel, with its overhead.
	receiveBuffer = 32 << 20
)

// Capture takes packets as they arrive at one interface. It is not for use by
// several goroutines at once.
type Capture struct {
	fd    int
	ports []uint16
	buf   []byte
}

// Open begins a capture on an interface of the calling thread's network
// namespace; it works from every thread afterwards. It takes nothing until Watch
// is called. It needs CAP_NET_RAW in that namespace.
//
// Each packet is taken once, where it is received: on lo, where every packet is
// also sent, it would be seen twice otherwise. TCP checksums on lo are partial
// and not to be verified (TP_STATUS_CSUMNOTREADY, packet(7)).
func Open(ifname string) (*Capture, error) {
	// Protocol 0 receives nothing before bind says from where.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	switch {
	case errors.Is(err, unix.EPERM):
		return nil, fmt.Errorf("capture: socket(AF_PACKET): %w: CAP_NET_RAW is missing: run as root", err)
	case err != nil:
		return nil, fmt.Errorf("capture: socket(AF_PACKET): %w", err)
	}
	c := &Capture{fd: fd, buf: make([]byte, bufferLen)}
	if err := c.start(ifname); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// start sets the socket up and binds it, in an order that lets nothing in.
func (c *Capture) start(ifname string) error {
	if err := c.attach(rejectAll()); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(c.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return fmt.Errorf("capture: setsockopt(PACKET_IGNORE_OUTGOING): %w", err)
	}
	if err := c.enlarge(); err != nil {
		return err
	}
	ifr, err := unix.NewIfreq(ifname)
	if err != nil {
		return fmt.Errorf("capture: interface %q: %w", ifname, err)
	}
	if err := unix.IoctlIfreq(c.fd, unix.SIOCGIFINDEX, ifr); err != nil {
		return fmt.Errorf("capture: interface %q: %w", ifname, err)
	}
	at := &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: int(ifr.Uint32())}
	if err := unix.Bind(c.fd, at); err != nil {
		return fmt.Errorf("capture: bind to %q: %w", ifname, err)
	}
	return nil
}

// enlarge makes the receive buffer as large as is permitted: beyond the
// system's maximum takes CAP_NET_ADMIN in the first user namespace.
func (c *Capture) enlarge() error {
	err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer)
	if errors.Is(err, unix.EPERM) {
		err = unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	if err != nil {
		return fmt.Errorf("capture: setsockopt(SO_RCVBUF): %w", err)
	}
	return nil
}

// networkOrder is n with its bytes as the network has them.
func networkOrder(n uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(n >> 8), byte(n)})
}

// attach replaces the socket's filter, at once for every packet to come.
func (c *Capture) attach(filter []unix.SockFilter) error {
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(c.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
		return fmt.Errorf("capture: setsockopt(SO_ATTACH_FILTER): %w", err)
	}
	return nil
}

// Watch adds a port: from now on TCP packets that come from it or go to it are
// taken. What arrived before is not. It is an error to watch port 0, or more
// than 32 ports.
func (c *Capture) Watch(port uint16) error {
	switch {
	case port == 0:
		return errors.New("capture: watch port 0: no packet has it")
	case slices.Contains(c.ports, port):
		return nil
	case len(c.ports) == maxPorts:
		return fmt.Errorf("capture: watch port %d: %d ports are watched already, the most there may be", port, maxPorts)
	}
	ports := append(slices.Clone(c.ports), port)
	if err := c.attach(portFilter(ports)); err != nil {
		return err
	}
	c.ports = ports
	return nil
}

// Drain calls each for every packet that waits, whole from its IP header, in
// the order of arrival, and returns when none is left, or each says that no more
// is wanted. raw is valid during the call only.
//
// lost is how many packets of the watched ports were not handed to any Drain
// since the one before: there was no room for them in the receive buffer, or
// they were longer than any that lo is known to carry.
func (c *Capture) Drain(each func(raw []byte) (more bool)) (lost int, err error) {
	for {
		// With MSG_TRUNC the length is the packet's, also where it did not fit.
		n, _, err := unix.Recvfrom(c.fd, c.buf, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EAGAIN):
			dropped, err := c.dropped()
			return lost + dropped, err
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return lost, fmt.Errorf("capture: receive: %w", err)
		case n > len(c.buf):
			lost++
		default:
			if !each(c.buf[:n]) {
				return lost, nil
			}
		}
	}
}

// dropped is how many packets the kernel had no room for since it was last
// asked: reading the number sets it to 0. It counts what passed the filter only.
func (c *Capture) dropped() (int, error) {
	stats, err := unix.GetsockoptTpacketStats(c.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0, fmt.Errorf("capture: getsockopt(PACKET_STATISTICS): %w", err)
	}
	return int(stats.Drops), nil
}

// Close ends the capture; what waits is discarded.
func (c *Capture) Close() error {
	if err := unix.Close(c.fd); err != nil {
		return fmt.Errorf("capture: close: %w", err)
	}
	return nil
}
