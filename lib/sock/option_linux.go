package sock

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// Option is an integer socket option, with its name.
type Option struct {
	Level, Number int
	Name          string
}

// The options in use.
var (
	ReuseAddr      = Option{unix.SOL_SOCKET, unix.SO_REUSEADDR, "SO_REUSEADDR"}
	LocalPortRange = Option{unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE, "IP_LOCAL_PORT_RANGE"} // Linux 6.3
	SocketError    = Option{unix.SOL_SOCKET, unix.SO_ERROR, "SO_ERROR"}
)

// SetOption sets an option (setsockopt(2)).
func (s *Socket) SetOption(o Option, value int) error {
	return s.call("setsockopt", []string{o.Name, strconv.FormatUint(uint64(uint32(value)), 10)}, func(fd int) returned {
		return returned{err: unix.SetsockoptInt(fd, o.Level, o.Number, value)}
	})
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

// SetLinger sets SO_LINGER (socket(7)). With on and 0 seconds, close sends RST.
func (s *Socket) SetLinger(on bool, seconds int) error {
	l := unix.Linger{Linger: int32(seconds)}
	if on {
		l.Onoff = 1
	}
	return s.call("setsockopt", []string{"SO_LINGER", fmt.Sprintf("{%d, %d}", l.Onoff, l.Linger)}, func(fd int) returned {
		return returned{err: unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l)}
	})
}
