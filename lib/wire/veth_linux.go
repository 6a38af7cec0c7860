package wire

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Veth is a host's end of the wire where there is no TUN: packet sockets at both ends of a veth pair
// (packet(7)). It belongs to one thread.
type Veth struct {
	tap  int // at the host's interface: what leaves the host, and what enters it
	in   int // at the other interface
	to   func(version byte) *unix.SockaddrLinklayer
	left [][]byte // what left the host while something entered it
	buf  []byte
	wait func(d time.Duration) error
}

// NewVeth makes it of a socket at the host's interface and one at the other, and of where there a
// packet of an IP version is sent. Neither waits, and neither sees a link header.
func NewVeth(tap, in int, to func(version byte) *unix.SockaddrLinklayer) *Veth {
	return &Veth{tap: tap, in: in, to: to, buf: make([]byte, maxPacket), wait: Idle(tap)}
}

// Read takes a packet that has left the host; 0 and no error: none has.
func (v *Veth) Read(b []byte) (int, error) {
	if len(v.left) > 0 {
		n := copy(b, v.left[0])
		v.left = v.left[1:]
		return n, nil
	}
	for {
		n, kind, err := v.see(b)
		if err != nil || n == 0 || kind == unix.PACKET_OUTGOING {
			return n, err
		}
	}
}

// see takes what the tap has seen; 0 and no error: nothing more. Where it had no room for something,
// that is an error: a packet is missing.
func (v *Veth) see(b []byte) (n int, kind uint8, err error) {
	for {
		n, from, err := unix.Recvfrom(v.tap, b, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return 0, 0, v.complete()
		case err != nil:
			return 0, 0, err
		}
		at, is := from.(*unix.SockaddrLinklayer)
		if !is {
			return 0, 0, fmt.Errorf("a packet from %T", from)
		}
		return n, at.Pkttype, nil
	}
}

// errNoRoom is that the kernel has thrown packets away (PACKET_STATISTICS, packet(7)).
var errNoRoom = errors.New("more packets were under way than the kernel keeps")

// complete says whether the tap has shown all that it saw.
func (v *Veth) complete() error {
	s, err := unix.GetsockoptTpacketStats(v.tap, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return fmt.Errorf("getsockopt(PACKET_STATISTICS): %w", err)
	}
	if s.Drops > 0 {
		return errNoRoom
	}
	return nil
}

// entryBound bounds how long a packet takes from one end of the pair to the other.
const entryBound = 5 * time.Second

var errNotIn = errors.New("the kernel has not taken the packet in")

// Write lets a packet enter the host. The processor that sends takes the packet in before send()
// returns, or leaves that to its ksoftirqd (Documentation/admin-guide/kernel-per-CPU-kthreads.rst). Either
// way the thread, which keeps to that processor meanwhile, does not run while the packet is being taken in: so
// when the thread finds at the tap that it has come, that is over.
func (v *Veth) Write(b []byte) (err error) {
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	one.Set(processor())
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	defer func() { err = cmp.Or(err, unix.SchedSetaffinity(0, &all)) }()
	if err := v.send(b); err != nil {
		return err
	}
	return v.awaitEntry()
}

// processor is the one that the thread runs on.
func processor() int {
	var n uint32
	_, _, _ = unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&n)), 0, 0) // fails for a bad pointer alone
	return int(n)
}

// awaitEntry waits until the tap has seen a packet come.
func (v *Veth) awaitEntry() error {
	for deadline := time.Now().Add(entryBound); ; {
		n, kind, err := v.see(v.buf)
		switch {
		case err != nil:
			return err
		case n > 0 && kind == unix.PACKET_OUTGOING:
			v.left = append(v.left, slices.Clone(v.buf[:n]))
		case n > 0:
			return nil
		case time.Now().After(deadline):
			return errNotIn
		default:
			if err := v.wait(pollInterval); err != nil {
				return err
			}
		}
	}
}

func (v *Veth) send(b []byte) error {
	if len(b) == 0 {
		return errNotIn
	}
	for {
		if err := unix.Sendto(v.in, b, 0, v.to(b[0]>>4)); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
