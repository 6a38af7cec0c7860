package sock

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Option is an integer socket option, with its name.
type Option struct {
	Level, Number int
	Name          string
}

// The options in use.
var (
	ReusePort      = Option{unix.SOL_SOCKET, unix.SO_REUSEPORT, "SO_REUSEPORT"}
	ReuseAddr      = Option{unix.SOL_SOCKET, unix.SO_REUSEADDR, "SO_REUSEADDR"}
	LocalPortRange = Option{unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE, "IP_LOCAL_PORT_RANGE"} // Linux 6.3
	KeepAlive      = Option{unix.SOL_SOCKET, unix.SO_KEEPALIVE, "SO_KEEPALIVE"}
	KeepIdle       = Option{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, "TCP_KEEPIDLE"}   // seconds
	KeepInterval   = Option{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, "TCP_KEEPINTVL"} // seconds
	KeepCount      = Option{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, "TCP_KEEPCNT"}
	UserTimeout    = Option{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"} // milliseconds
	ReceiveBuffer  = Option{unix.SOL_SOCKET, unix.SO_RCVBUF, "SO_RCVBUF"}                // bytes; the kernel doubles it
	QuickAck       = Option{unix.IPPROTO_TCP, unix.TCP_QUICKACK, "TCP_QUICKACK"}
	SocketError    = Option{unix.SOL_SOCKET, unix.SO_ERROR, "SO_ERROR"}
)

// SetOption sets an option (setsockopt(2)).
func (s *Socket) SetOption(o Option, value int) error {
	return s.call("setsockopt", []string{o.Name, strconv.FormatUint(uint64(uint32(value)), 10)}, func(fd int) returned {
		if err := unix.SetsockoptInt(fd, o.Level, o.Number, value); err != nil {
			return returned{err: err}
		}
		return returned{kept: o.kept(fd)}
	})
}

// kept is the value that a socket has of an option that reads back as it was set; "" for
// others, and where the kernel does not say.
func (o Option) kept(fd int) string {
	switch o.Name {
	case ReusePort.Name, ReuseAddr.Name, LocalPortRange.Name, KeepAlive.Name, KeepIdle.Name, KeepInterval.Name, KeepCount.Name, UserTimeout.Name:
	default:
		return ""
	}
	v, err := unix.GetsockoptInt(fd, o.Level, o.Number)
	if err != nil {
		return ""
	}
	return strconv.FormatUint(uint64(uint32(v)), 10)
}

// Option reads an option (getsockopt(2)).
func (s *Socket) Option(o Option) (int, error) {
	var v int
	err := s.call("getsockopt", []string{o.Name}, func(fd int) returned {
		var err error
		v, err = unix.GetsockoptInt(fd, o.Level, o.Number)
		return returned{out: optionText(o, v), err: err}
	})
	return v, err
}

// optionText renders an option's value, SO_ERROR's as an errno.
func optionText(o Option, v int) string {
	if o == SocketError && v != 0 {
		return unix.ErrnoName(unix.Errno(v))
	}
	return strconv.Itoa(v)
}

// PortRange is the value of LocalPortRange for the ports low to high: high in
// the upper half (ip(7)).
func PortRange(low, high uint16) int { return int(high)<<16 | int(low) }

// SetReceiveTimeout lets a read that blocks fail with EAGAIN after a time
// (SO_RCVTIMEO, socket(7)).
func (s *Socket) SetReceiveTimeout(d time.Duration) error {
	tv := unix.NsecToTimeval(d.Nanoseconds())
	return s.call("setsockopt", []string{"SO_RCVTIMEO", d.String()}, func(fd int) returned {
		return returned{err: unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)}
	})
}

// SetLinger sets SO_LINGER (socket(7)). With on and 0 seconds, close sends RST.
func (s *Socket) SetLinger(on bool, seconds int) error {
	s.lingers.Store(on && seconds > 0)
	return s.call("setsockopt", []string{"SO_LINGER", lingerText(on, seconds)}, func(fd int) returned {
		if err := setLinger(fd, on, seconds); err != nil {
			return returned{err: err}
		}
		l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER)
		if err != nil {
			return returned{}
		}
		return returned{kept: lingerText(l.Onoff != 0, int(l.Linger))}
	})
}

func setLinger(fd int, on bool, seconds int) error {
	l := unix.Linger{Linger: int32(seconds)}
	if on {
		l.Onoff = 1
	}
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l)
}

// lingerText is a struct linger as strace prints it, in short: "{1, 0}".
func lingerText(on bool, seconds int) string {
	if on {
		return fmt.Sprintf("{1, %d}", seconds)
	}
	return fmt.Sprintf("{0, %d}", seconds)
}

// Linger reads SO_LINGER, as the journal shows it: "{1, 0}".
func (s *Socket) Linger() (string, error) {
	var text string
	err := s.call("getsockopt", []string{"SO_LINGER"}, func(fd int) returned {
		l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER)
		if err == nil {
			text = lingerText(l.Onoff != 0, int(l.Linger))
		}
		return returned{out: text, err: err}
	})
	return text, err
}

// DropRST makes the socket ignore segments with RST, by a socket filter
// (SO_ATTACH_FILTER, socket(7)): the kernel runs it on each segment, from its
// TCP header on, before TCP sees it.
func (s *Socket) DropRST() error {
	const flagsAt, rst, whole = 13, 0x04, 0xffffffff // RFC 9293 §3.1
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flagsAt},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: rst},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: whole},
	}
	return s.call("setsockopt", []string{"SO_ATTACH_FILTER", "drop RST"}, func(fd int) returned {
		return returned{err: unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})}
	})
}

// DropNothing takes the filter away again (SO_DETACH_FILTER).
func (s *Socket) DropNothing() error {
	return s.SetOption(Option{unix.SOL_SOCKET, unix.SO_DETACH_FILTER, "SO_DETACH_FILTER"}, 0)
}
