package load

import (
	"fmt"
	"runtime"
	"syscall"
)

// others is how many descriptors are needed beside those of connections: the
// standard ones, the runtime's, and what the caller has left open.
const others = 24

// room is how many descriptors so many connections need, both of whose ends are
// here. Each processor has a listener and an epoll.
func room(connections int) uint64 {
	return uint64(2*connections + 2*runtime.GOMAXPROCS(0) + others)
}

// fitting is for how many connections so many descriptors are enough.
func fitting(descriptors uint64) uint64 {
	return (max(descriptors, room(0)) - room(0)) / 2
}

// makeRoom lets the process have descriptors for so many connections.
func makeRoom(connections int) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("getrlimit(RLIMIT_NOFILE): %w", err)
	}
	needed, hard := room(connections), l.Max
	if l.Cur >= needed {
		return nil
	}
	l.Cur, l.Max = needed, max(needed, hard)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("%d connections need %d descriptors, and no more than %d may be had: setrlimit(RLIMIT_NOFILE): %w; take --connections %d or fewer, or raise the hard limit (ulimit -Hn %d, as root)",
			connections, needed, hard, err, fitting(hard), needed)
	}
	return nil
}
