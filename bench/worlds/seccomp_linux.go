package main

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A notification is a system call that waits for an answer: the kernel's
// struct seccomp_notif.
type notification struct {
	ID     uint64
	Thread uint32
	_      uint32
	Call   uint32
	_      uint32
	_      uint64
	Args   [6]uint64
}

// An answer is the kernel's struct seccomp_notif_resp.
type answer struct {
	ID    uint64
	Value int64
	Errno int32
	Flags uint32
}

// goOn lets the kernel make the call unchanged.
func goOn() answer { return answer{Flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE} }

// fails returns an error from a call that is not made.
func fails(errno unix.Errno) answer { return answer{Errno: -int32(errno)} }

// returns is the result of a call that is not made, or was made by somebody else.
func returns(value int64) answer { return answer{Value: value} }

// needNotifications: Linux 5.19 has all that is used.
func needNotifications() error {
	var sizes [3]uint16
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_NOTIF_SIZES, 0, uintptr(unsafe.Pointer(&sizes))); errno != 0 {
		return fmt.Errorf("ask for seccomp's notifications: %w", errno)
	}
	if int(sizes[0]) != binary.Size(notification{}) || int(sizes[1]) != binary.Size(answer{}) {
		return fmt.Errorf("seccomp's notifications have %d and %d bytes, not %d and %d", sizes[0], sizes[1], binary.Size(notification{}), binary.Size(answer{}))
	}
	return nil
}

// notifyOn installs a filter on the calling thread, and on all that come from
// it: these calls wait for an answer at the descriptor returned; with except, all but
// these.
func notifyOn(calls []uint32, except bool) (int, error) {
	listed, others := uint32(unix.SECCOMP_RET_USER_NOTIF), uint32(unix.SECCOMP_RET_ALLOW)
	if except {
		listed, others = others, listed
	}
	// A program of a foreign architecture is none of ours: only the number is looked at.
	p := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}}
	for i, call := range calls {
		p = append(p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jt: uint8(len(calls) - i)})
	}
	p = append(p,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: others},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: listed},
	)
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	// Go interrupts its threads by signals: a call that the warden is working
	// on must not begin again because of one.
	flags := uintptr(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return 0, fmt.Errorf("install a filter of system calls: %w", errno)
	}
	return int(fd), nil
}

// next waits for a call, or until nothing is left that could make one: then
// there is none.
func next(listener int) (n *notification, err error) {
	for {
		poll := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err != nil {
			if err == unix.EINTR {
				continue
			}
			return nil, fmt.Errorf("wait for a call: %w", err)
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			return nil, nil
		}
		n = new(notification)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(n)))
		switch errno {
		case 0:
			return n, nil
		case unix.ENOENT, unix.EINTR: // its thread was killed meanwhile
		default:
			return nil, fmt.Errorf("receive a call: %w", errno)
		}
	}
}

// send answers a call. A thread that is gone needs no answer.
func send(listener int, n *notification, a answer) error {
	a.ID = n.ID
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&a)))
	if errno != 0 && errno != unix.ENOENT {
		return fmt.Errorf("answer a call: %w", errno)
	}
	return nil
}
