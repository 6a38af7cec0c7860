package diag

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Destroyed is a socket that the kernel has destroyed, and what it had counted.
type Destroyed struct {
	Socket
	Counts
}

// Ends hears of TCP sockets of one network namespace when the kernel destroys them (the multicast of
// sock_diag). It needs no privilege. It is asynchronous; the socket's queues and TCP_INFO are those of its end, but for a closer with
// SO_LINGER {1, 0}, whose counters are zero by then. FIN_WAIT2 without a descriptor is told of
// when it becomes small, TIME_WAIT when it begins, and not when they end; requests in SYN_RECV are not told of.
type Ends struct {
	fd  int
	buf []byte
	// Lost is how often the kernel had to drop some, for they were not read fast enough.
	Lost int
}

// Groups of the multicast (include/uapi/linux/sock_diag.h), a bit for each.
const (
	groupTCPDestroy  = 1 << 0 // SKNLGRP_INET_TCP_DESTROY, which is 1
	groupTCP6Destroy = 1 << 2 // SKNLGRP_INET6_TCP_DESTROY, which is 3
)

// endsBuffer is how much the kernel keeps until it is read.
const endsBuffer = 4 << 20

// OpenEnds begins to listen in the calling thread's network namespace.
func OpenEnds() (*Ends, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: socket(NETLINK_SOCK_DIAG): %w", err)
	}
	// The kernel grants what it may; a smaller buffer loses sooner, and losses are counted.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, endsBuffer)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groupTCPDestroy | groupTCP6Destroy}); err != nil {
		return nil, errors.Join(fmt.Errorf("sock_diag: bind to the groups of destroyed sockets: %w", err), unix.Close(fd))
	}
	return &Ends{fd: fd, buf: make([]byte, bufferLen)}, nil
}

// Close ends it.
func (e *Ends) Close() error {
	if err := unix.Close(e.fd); err != nil {
		return fmt.Errorf("sock_diag: close: %w", err)
	}
	return nil
}

// Next calls each for the sockets that were destroyed since, and waits for the first at most so long.
func (e *Ends) Next(wait time.Duration, each func(Destroyed)) error {
	if wait > 0 {
		ready := []unix.PollFd{{Fd: int32(e.fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, int(wait.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("sock_diag: poll: %w", err)
		}
	}
	for {
		n, _, err := unix.Recvfrom(e.fd, e.buf, unix.MSG_DONTWAIT|unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			return nil
		case errors.Is(err, unix.ENOBUFS):
			e.Lost++
			continue
		case err != nil:
			return fmt.Errorf("sock_diag: receive: %w", err)
		case n > len(e.buf):
			return fmt.Errorf("sock_diag: receive: a message of %d bytes did not fit into %d: %w", n, len(e.buf), unix.EMSGSIZE)
		}
		if err := takeEnds(e.buf[:n], each); err != nil {
			return err
		}
	}
}

// takeEnds reads the messages of one receive.
func takeEnds(b []byte, each func(Destroyed)) error {
	for len(b) > 0 {
		m, rest, err := nextMessage(b)
		if err != nil {
			return err
		}
		b = rest
		if m.kind != typeByFamily {
			continue
		}
		s, err := parseMessage(m.payload)
		if err != nil {
			return err
		}
		s.tell(m.payload, Filter{Info: true})
		each(Destroyed{s, parseCounts(m.payload)})
	}
	return nil
}
