package sock

import (
	"fmt"
	"os"
	"os/signal"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

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

// sigpipe tells whether a call raised the signal in a process that it did not kill.
type sigpipe struct {
	disposition journal.Disposition
	handled     chan os.Signal // for a handler
}

// dispose sets what SIGPIPE does in this process.
func dispose(d journal.Disposition) (*sigpipe, error) {
	s := &sigpipe{disposition: d}
	how := unix.SIG_UNBLOCK // whoever started this program may have blocked it
	if d == journal.BlockSIGPIPE {
		how = unix.SIG_BLOCK
	}
	var set unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGPIPE - 1)
	if err := unix.PthreadSigmask(how, &set, nil); err != nil {
		return nil, fmt.Errorf("rt_sigprocmask(SIGPIPE): %w", err)
	}
	switch d {
	case journal.HandleSIGPIPE:
		s.handled = make(chan os.Signal, 1)
		signal.Notify(s.handled, unix.SIGPIPE)
		return s, nil
	case journal.GoSIGPIPE:
		return s, nil
	case journal.IgnoreSIGPIPE:
		return s, setHandler(sigIGN)
	}
	return s, setHandler(sigDFL)
}

// setHandler sets it by a raw system call: Go's runtime has a handler of its
// own, which turns SIGPIPE into EPIPE on most descriptors, and os/signal cannot
// give the default back.
func setHandler(handler uintptr) error {
	act := sigaction{handler: handler}
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGPIPE),
		uintptr(unsafe.Pointer(&act)), 0, unsafe.Sizeof(act.mask), 0, 0)
	if errno != 0 {
		return fmt.Errorf("rt_sigaction(SIGPIPE): %w", errno)
	}
	return nil
}

// handledBound bounds the wait for a signal to have come by way of its handler.
const handledBound = time.Second

// raised says, after a call that failed with EPIPE, whether it raised SIGPIPE:
// its name if a handler has had it, or if it is pending; else "".
func (s *sigpipe) raised() journal.Signal {
	switch s.disposition {
	case journal.HandleSIGPIPE:
		select {
		case <-s.handled:
			return journal.SIGPIPE
		case <-time.After(handledBound):
		}
	case journal.BlockSIGPIPE:
		var pending uint64
		_, _, errno := unix.RawSyscall(unix.SYS_RT_SIGPENDING, uintptr(unsafe.Pointer(&pending)), unsafe.Sizeof(pending), 0)
		if errno == 0 && pending&(1<<(unix.SIGPIPE-1)) != 0 {
			return journal.SIGPIPE
		}
	}
	return ""
}
