package sock

import (
	"syscall"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// SetOn sets an option on a socket that a library made, which is not among the
// run's own: what the library does with it is seen in packets and sock_diag.
func SetOn(c syscall.RawConn, o journal.Option, value int) error {
	return setForeign(c, string(o), func(fd int) error {
		return unix.SetsockoptInt(fd, options[o].level, options[o].number, value)
	})
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
