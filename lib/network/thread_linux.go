package network

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// OnThread runs f on an operating-system thread of its own, which ends with f,
// so f may change the thread's namespaces without giving them back: inside a
// user namespace nobody may return to the first network namespace.
//
// It never is the main thread: that one cannot end, would pin the namespace,
// and is the one whose network /proc/net shows.
func OnThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			OnThread(f) // on another thread, while this goroutine occupies the main one
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}

// Go runs f in the host's namespace on a thread of its own, and closes the
// channel when f has returned. The error is that the namespace could not be
// entered; f was not called then.
func (h *Host) Go(f func()) <-chan error {
	done := make(chan error, 1)
	go func() {
		defer close(done)
		OnThread(func() {
			if err := h.enter(); err != nil {
				done <- err
				return
			}
			f()
		})
	}()
	return done
}

// kcmpFiles asks kcmp(2) about tables of descriptors.
const kcmpFiles = 2

// SharesFiles says whether a thread surely has the table of descriptors of its process (kcmp(2)).
func SharesFiles(pid, tid int) bool {
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(pid), uintptr(tid), kcmpFiles, 0, 0, 0)
	return errno == 0 && order == 0
}
