package responder

import (
	"context"
	"net"
	"syscall"
	"time"
	"unsafe"
)

// fateOf waits until the client's kernel has acknowledged all that was written, or
// refused it by a reset, as it does where the socket has been closed.
func fateOf(ctx context.Context, conn *net.TCPConn) fate {
	const longest = 20 * time.Millisecond
	for pause := 100 * time.Microsecond; ; pause = min(2*pause, longest) {
		if f := fateNow(conn); f != unknown {
			return f
		}
		select {
		case <-ctx.Done():
			return unknown
		case <-time.After(pause):
		}
	}
}

func fateNow(conn *net.TCPConn) (f fate) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return unknown // it is closed
	}
	_ = raw.Control(func(fd uintptr) {
		var unacknowledged int32
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&unacknowledged)))
		// In this order: a reset in between is not missed.
		broken, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
		switch {
		case errno != 0 || err != nil:
		case broken != 0:
			f = refused
		case unacknowledged == 0:
			f = taken
		}
	})
	return f
}
