package live

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

// linkReader reads what descriptors link to, on as many processors as there are.
type linkReader struct {
	found [namesAtOnce]uint64
}

// worthSharing is from how many links on it pays to divide them.
const worthSharing = 64

// inodes are those of the sockets that the entries of a /proc/PID/fd link to; 0
// for what is no socket, or was closed meanwhile. The result is valid until the
// next call.
func (l *linkReader) inodes(dir *os.File, names []string) []uint64 {
	found := l.found[:len(names)]
	workers := 1
	if len(names) >= worthSharing {
		workers = runtime.GOMAXPROCS(0)
	}
	fd := dir.Fd()
	share := (len(names) + workers - 1) / workers
	var all sync.WaitGroup
	for from := 0; from < len(names); from += share {
		to := min(from+share, len(names))
		if workers == 1 {
			readLinks(fd, names, found)
			break
		}
		all.Add(1)
		go func() {
			defer all.Done()
			readLinks(fd, names[from:to], found[from:to])
		}()
	}
	all.Wait()
	return found
}

// readLinks reads some links into found. The directory is not looked up anew for
// each (readlinkat(2)), which would take as long as the reading.
func readLinks(fd uintptr, names []string, found []uint64) {
	var link, name [64]byte // more than a socket's, and a descriptor's number, take
	for i, n := range names {
		found[i] = 0
		if len(n) >= len(name) {
			continue
		}
		name[copy(name[:], n)] = 0
		size, _, errno := syscall.Syscall6(syscall.SYS_READLINKAT, fd, uintptr(unsafe.Pointer(&name[0])),
			uintptr(unsafe.Pointer(&link[0])), uintptr(len(link)), 0, 0)
		if errno != 0 {
			continue
		}
		if inode, is := socketInode(link[:min(int(size), len(link))]); is {
			found[i] = inode
		}
	}
}
