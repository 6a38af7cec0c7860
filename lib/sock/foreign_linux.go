package sock

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// On sets the option on a socket that a library made, which is not among the
// run's own: what the library does with it is seen in packets and sock_diag.
func (o Option) On(c syscall.RawConn, value int) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), o.Level, o.Number, value)
	}); e != nil {
		return e
	}
	if err != nil {
		return &CallError{Op: "setsockopt", Args: []string{o.Name}, Err: err}
	}
	return nil
}
