package network

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Cookie is the kernel's own number of the calling thread's network namespace (SO_NETNS_COOKIE, socket(7), from Linux
// 5.14 on).
func Cookie() (uint64, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("socket(AF_UNIX): %w", err)
	}
	defer unix.Close(fd)
	return cookieOf(fd)
}

// CookieOf is the number of the network namespace that another process's socket is in: that in which it was made. It
// takes a descriptor of the socket for the time of the question (pidfd_getfd(2), which asks for the right to trace the process).
func CookieOf(pid, fd int) (uint64, error) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0, fmt.Errorf("pidfd_open(%d): %w", pid, err)
	}
	defer unix.Close(process)
	own, err := unix.PidfdGetfd(process, fd, 0)
	if err != nil {
		return 0, fmt.Errorf("pidfd_getfd(process %d, descriptor %d): %w", pid, fd, err)
	}
	defer unix.Close(own)
	return cookieOf(own)
}

func cookieOf(fd int) (uint64, error) {
	c, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return 0, fmt.Errorf("getsockopt(SO_NETNS_COOKIE): %w", err)
	}
	return c, nil
}
