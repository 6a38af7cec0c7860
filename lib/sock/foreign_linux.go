package sock

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// On sets the option on a socket that a library made, which is not among the
// run's own: what the library does with it is seen in packets and sock_diag.
func (o Option) On(c syscall.RawConn, value int) error {
	return setForeign(c, o.Name, func(fd int) error { return unix.SetsockoptInt(fd, o.Level, o.Number, value) })
}

// ResetOnClose makes a library's socket end with RST when it is closed
// (SO_LINGER with 0 seconds), so that no TIME_WAIT is left.
func ResetOnClose(c syscall.RawConn) error {
	return setForeign(c, "SO_LINGER", func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	})
}

func setForeign(c syscall.RawConn, name string, set func(fd int) error) error {
	var err error
	if e := c.Control(func(fd uintptr) { err = set(int(fd)) }); e != nil {
		return e
	}
	if err != nil {
		return &CallError{Op: "setsockopt", Args: []string{name}, Err: err}
	}
	return nil
}
