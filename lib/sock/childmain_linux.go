package sock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// IsChild says whether this process was started by Spawn; its main must then
// call RunChild and exit with what that returns.
func IsChild() bool { return os.Getenv(childMarker) != "" }

// RunChild does what the parent orders until it orders no more.
func RunChild() (status int) {
	if err := disposeOfSIGPIPE(Disposition(os.Getenv(childMarker))); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	orders := json.NewDecoder(os.NewFile(ordersFD, "orders"))
	answers := json.NewEncoder(os.NewFile(answersFD, "answers"))
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			if errors.Is(err, io.EOF) {
				return 0
			}
			fmt.Fprintln(os.Stderr, "child: read an order:", err)
			return 1
		}
		if o.Op == "exit" {
			return o.Size
		}
		if err := answers.Encode(obey(o)); err != nil {
			fmt.Fprintln(os.Stderr, "child: write an answer:", err)
			return 1
		}
	}
}

// obey makes the call that an order asks for.
func obey(o order) answer {
	fd := firstFD + o.Socket
	a := answer{Began: monotonic()}
	var (
		n   int
		err error
	)
	switch o.Op {
	case "write":
		n, err = unix.Write(fd, o.Data)
		a.Data = o.Data[:max(n, 0)]
	case "read":
		b := make([]byte, o.Size)
		n, err = unix.Read(fd, b)
		a.Data = b[:max(n, 0)]
	case "shutdown":
		err = unix.Shutdown(fd, o.Size)
	case "close":
		err = unix.Close(fd)
	default:
		err = unix.ENOSYS
	}
	a.Ended = monotonic()
	a.Result, a.Errno = int64(n), ErrnoName(err)
	if err != nil {
		a.Result = -1
	}
	return a
}

// sigaction is the kernel's struct of rt_sigaction(2) on Linux's 64-bit
// platforms: handler, flags, restorer, mask.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// The handlers SIG_DFL and SIG_IGN (signal(7)).
const (
	sigDFL uintptr = 0
	sigIGN uintptr = 1
)

// disposeOfSIGPIPE sets what SIGPIPE does, by a raw system call: Go's runtime
// has a handler of its own, which turns it into EPIPE on most descriptors, and
// os/signal cannot give the default back.
func disposeOfSIGPIPE(d Disposition) error {
	act := sigaction{handler: sigDFL}
	if d == IgnoreSIGPIPE {
		act.handler = sigIGN
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGPIPE),
		uintptr(unsafe.Pointer(&act)), 0, unsafe.Sizeof(act.mask), 0, 0)
	if errno != 0 {
		return fmt.Errorf("rt_sigaction(SIGPIPE): %w", errno)
	}
	return nil
}
