package network

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// threadNetns is the network namespace of the calling thread. /proc/self/ns/net
// is the main thread's.
const threadNetns = "/proc/thread-self/ns/net"

// Namespace is a network namespace, kept by a descriptor.
type Namespace struct{ fd int }

// newNamespace puts the calling thread into a new network namespace (unshare(2)).
func newNamespace() (*Namespace, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("unshare(CLONE_NEWNET): %w", err)
	}
	return OpenNamespace(threadNetns)
}

// OpenNamespace opens the network namespace that path stands for:
// /proc/PID/ns/net, /run/netns/NAME. What is no namespace, setns will refuse;
// opening it must not block, as a FIFO would.
func OpenNamespace(path string) (*Namespace, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return &Namespace{fd: fd}, nil
}

// Enter puts the calling thread, which must be locked, into the namespace (setns(2)).
func (n *Namespace) Enter() error {
	if err := unix.Setns(n.fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("setns(CLONE_NEWNET): %w", err)
	}
	return nil
}

// Close lets go of the namespace; it ends when nothing else holds it.
func (n *Namespace) Close() error { return unix.Close(n.fd) }
