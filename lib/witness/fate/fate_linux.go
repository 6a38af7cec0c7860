package fate

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Process is another process, watched until it ends.
type Process struct{ fd int }

// Watch begins to.
func Watch(pid int) (*Process, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, fmt.Errorf("pidfd_open(%d): %w", pid, err)
	}
	return &Process{fd}, nil
}

// Close ends it.
func (p *Process) Close() { unix.Close(p.fd) }

// Ended says whether the process has.
func (p *Process) Ended() bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}, 0)
	return n > 0 && err == nil
}

// pidfdInfo is struct pidfd_info as it was at first (include/uapi/linux/pidfd.h, Linux 6.13); the
// exit status of a process that its parent has waited for is in it since Linux 6.15.
type pidfdInfo struct {
	mask     uint64
	_        uint64
	_        [11]uint32
	exitCode int32
}

const (
	pidfdInfoExit = 1 << 3
	pidfdGetInfo  = 0xc040ff0b // _IOWR(0xff, 11, struct pidfd_info)
)

// Died is the signal that the process died of, as its parent was told; 0: of none, or it is not
// known here.
func (p *Process) Died() unix.Signal {
	info := pidfdInfo{mask: pidfdInfoExit}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(p.fd), pidfdGetInfo, uintptr(unsafe.Pointer(&info)))
	if errno != 0 || info.mask&pidfdInfoExit == 0 {
		return 0
	}
	if status := unix.WaitStatus(info.exitCode); status.Signaled() {
		return status.Signal()
	}
	return 0
}
