package sock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// IsChild says whether this process was started by Spawn; its main must then
// call RunChild and exit with what that returns.
func IsChild() bool { return os.Getenv(childMarker) != "" }

// RunChild does what the parent orders until it orders no more.
func RunChild() (status int) {
	runtime.LockOSThread() // a signal mask is a thread's
	signals, err := dispose(journal.Disposition(os.Getenv(childMarker)))
	if err != nil {
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
		if o.Op == opReturn {
			return o.Size
		}
		a := obey(o)
		if a.Errno == journal.EPIPE {
			a.Signal = signals.raised()
		}
		if err := answers.Encode(a); err != nil {
			fmt.Fprintln(os.Stderr, "child: write an answer:", err)
			return 1
		}
	}
}

// The orders that are no system call's name.
const (
	opReturn  = "return" // from main
	opAbort   = "abort"  // let the connection end with RST, when the process ends
	opRoom    = "room"   // under which limit is there room for more descriptors?
	opGoWrite = "(*os.File).Write"
)

// obey makes the call that an order asks for.
func obey(o order) answer {
	a := answer{Began: monotonic()}
	if o.Op == opRetry {
		a.Made = retry(o)
		return a
	}
	r := perform(o)
	a.Ended = monotonic()
	a.Result, a.Errno, a.Out, a.Data = int64(r.n), ErrnoName(r.err), r.out, r.data
	if r.err != nil {
		a.Result = -1
	}
	return a
}

func perform(o order) returned {
	switch o.Op {
	case "write":
		var n int
		return writing(o.Data, &n)(o.FD)
	case opGoWrite:
		return writeByGo(o.FD, o.Data)
	case "sendmsg":
		n, err := unix.SendmsgN(o.FD, o.Data, nil, nil, o.Size)
		return returned{n: n, data: moved(o.Data, n), err: err}
	case "writev":
		n, err := unix.Writev(o.FD, [][]byte{o.Data[:len(o.Data)/2], o.Data[len(o.Data)/2:]})
		return returned{n: n, data: moved(o.Data, n), err: err}
	case "sendfile":
		return sendFile(o.FD, o.Data)
	case "splice":
		return spliceIn(o.FD, o.Data)
	case "read":
		b := make([]byte, o.Size)
		n, err := unix.Read(o.FD, b)
		return returned{n: n, data: moved(b, n), err: err}
	case "shutdown":
		return returned{err: unix.Shutdown(o.FD, o.Size)}
	case "close":
		return returned{err: unix.Close(o.FD)}
	case "accept4":
		fd, from, err := askAddress(unix.SYS_ACCEPT4, o.FD, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return returned{n: fd, out: from.String(), err: err}
	case "epoll_wait":
		return epollOnce(o.FD)
	case "setrlimit":
		limit := unix.Rlimit{Cur: uint64(o.Size), Max: uint64(o.Size)}
		return returned{err: unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)}
	case "exit_group":
		_, _, errno := unix.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(o.Size), 0, 0)
		return returned{err: errno} // it does not return
	case opAbort:
		return returned{err: unix.SetsockoptLinger(o.FD, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})}
	case opRoom:
		return roomFor(o.Size)
	}
	return returned{err: unix.ENOSYS}
}

// watching are the epolls of this process, by the descriptor that each watches:
// made before the descriptors run out.
var watching = map[int]int{}

// epollOnce asks what is the matter with a descriptor.
func epollOnce(fd int) returned {
	e, ok := watching[fd]
	if !ok {
		var err error
		if e, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
			return returned{err: err}
		}
		watching[fd] = e
		if err := unix.EpollCtl(e, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: uint32(epollWanted), Fd: int32(fd)}); err != nil {
			return returned{err: err}
		}
	}
	return epollWait(e)
}

// roomFor is the limit of descriptors under which so many more can be opened:
// numbers that are free below the highest count.
func roomFor(more int) returned {
	for fd := 0; ; fd++ {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			continue
		}
		if more == 0 {
			return returned{n: fd}
		}
		more--
	}
}
