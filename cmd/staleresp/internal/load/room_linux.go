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
func fitting(descriptors uint64) int {
	return int((max(descriptors, room(0)) - room(0)) / 2)
}

// raise raises the limit of descriptors to what is needed, or as far as it may be,
// and returns the limit.
func raise(needed uint64) (uint64, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("getrlimit(RLIMIT_NOFILE): %w", err)
	}
	for _, r := range []syscall.Rlimit{{Cur: needed, Max: max(needed, l.Max)}, {Cur: l.Max, Max: l.Max}} {
		if l.Cur < needed && syscall.Setrlimit(syscall.RLIMIT_NOFILE, &r) == nil {
			l = r
		}
	}
	return l.Cur, nil
}

// maxThreads bounds among how many threads connections are divided.
const maxThreads = 64

// division is how connections are divided among threads.
type division struct {
	connections, threads int
	limit                uint64 // of descriptors
	// apart: there are more descriptors than the limit allows in one table, so each
	// thread has one of its own (unshare(2)).
	apart bool
}

// divide divides connections among threads: one for each processor, or more if
// their tables would not do.
func divide(connections int, limit uint64) (division, error) {
	d := division{connections: connections, threads: min(runtime.GOMAXPROCS(0), connections), limit: limit}
	if room(connections) <= limit {
		return d, nil
	}
	each := fitting(limit)
	if each*maxThreads < connections {
		return d, d.tooMany(each*maxThreads, syscall.EMFILE)
	}
	d.apart = true
	d.threads = max(d.threads, (connections+each-1)/each)
	return d, nil
}

// tooMany is that the descriptors are enough for so many connections only, and what
// would help.
func (d *division) tooMany(fit int, err error) error {
	fewer := ""
	if fit > 0 {
		fewer = fmt.Sprintf("take --connections %d or fewer, or ", fit)
	}
	return fmt.Errorf("%d connections need %d descriptors, the limit is %d: %w; %sraise the hard limit (ulimit -Hn %d, as root)",
		d.connections, room(d.connections), d.limit, err, fewer, room(d.connections))
}

// enter gives the calling thread, which ends with its shard, a table of
// descriptors of its own if it needs one.
func (d *division) enter() error {
	if !d.apart {
		return nil
	}
	if err := syscall.Unshare(syscall.CLONE_FILES); err != nil {
		return d.tooMany(fitting(d.limit), fmt.Errorf("unshare(CLONE_FILES): %w", err))
	}
	return nil
}
