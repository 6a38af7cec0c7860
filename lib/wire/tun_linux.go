package wire

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// TUN is the descriptor of a TUN, non-blocking (Documentation/networking/tuntap.rst).
type TUN int

// Read takes a packet that has left the host; 0 and no error: none has.
func (t TUN) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(t), b)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		}
		return n, err
	}
}

// Write lets a packet enter the host.
func (t TUN) Write(b []byte) error {
	for {
		_, err := unix.Write(int(t), b)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Idle returns what waits until one of some descriptors has a packet, for d at most (ppoll(2)).
func Idle(descriptors ...int) func(d time.Duration) error {
	fds := make([]unix.PollFd, len(descriptors))
	for i, fd := range descriptors {
		fds[i] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	}
	return func(d time.Duration) error {
		ts := unix.NsecToTimespec(d.Nanoseconds())
		if _, err := unix.Ppoll(fds, &ts, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("poll the wire: %w", err)
		}
		return nil
	}
}
