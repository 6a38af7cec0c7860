package live

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// TCPSockets are the TCP sockets that a process has open, in whatever state and network namespace: a descriptor of each, by
// inode. The kernel tells a socket's protocol (system.sockprotoname, sockfs_xattr_get in net/socket.c). A process that has ended
// has none; an error: not every descriptor could be asked.
func TCPSockets(pid int) (fds map[uint64]int, err error) {
	fds = map[uint64]int{}
	var failed error
	err = eachSocket(pid, func(fd int, inode uint64) {
		is, err := isTCP("/proc/" + strconv.Itoa(pid) + "/fd/" + strconv.Itoa(fd))
		if err != nil && !hasEnded(err) {
			failed = err
		}
		if is {
			fds[inode] = fd
		}
	})
	if err != nil && hasEnded(err) {
		return nil, nil
	}
	return fds, errors.Join(err, failed)
}

// isTCP says whether a descriptor is a socket of TCP over either family ("TCP", "TCPv6").
func isTCP(path string) (bool, error) {
	var name [16]byte
	n, err := syscall.Getxattr(path, "system.sockprotoname", name[:])
	if err != nil {
		return false, &os.PathError{Op: "getxattr(system.sockprotoname)", Path: path, Err: err}
	}
	return strings.HasPrefix(string(name[:n]), "TCP"), nil
}
