package live

import (
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// linksAtOnce is how many links are read before what they lead to is told. It bounds memory.
const linksAtOnce = 4096

// worthSharing is from how many links on it pays to divide them.
const worthSharing = 64

// linkReader reads what descriptors link to, on as many processors as there are.
type linkReader struct {
	wanted func(inode uint64) bool // called by several goroutines
	fds    [linksAtOnce]int32
	found  [linksAtOnce]uint64 // inodes of sockets that are wanted, or one of those below
	failed atomic.Uint32       // the errno with which a link could not be read; 0: none
}

// What a descriptor may be beside a socket that is wanted.
const (
	isOther  = 0
	isClosed = 1<<64 - 1
)

// each tells of the sockets that are wanted, in the order in which the descriptors come.
//
// To list the directory takes a third as long as to read the links. The kernel takes the lowest number that is free, so where
// the directory's size tells how many are open (from Linux 6.2 on), and they are many, numbers are tried from 0 on until all
// are found. Where too many numbers are not in use, the rest is listed.
func (l *linkReader) each(dir *os.File, f func(fd int, inode uint64)) error {
	l.failed.Store(0)
	if err := l.eachLink(dir, f); err != nil {
		return err
	}
	if errno := syscall.Errno(l.failed.Load()); errno != 0 {
		return &fs.PathError{Op: "readlinkat", Path: dir.Name(), Err: errno}
	}
	return nil
}

func (l *linkReader) eachLink(dir *os.File, f func(fd int, inode uint64)) error {
	info, err := dir.Stat()
	if err != nil {
		return err
	}
	left, next := int(info.Size()), 0
	if left >= worthSharing {
		for end := 2 * left; left > 0 && next < end; {
			n := min(linksAtOnce, left)
			for i := range n {
				l.fds[i] = int32(next + i)
			}
			next += n
			left -= l.tell(dir, n, f)
		}
		if left <= 0 {
			return nil
		}
	}
	return l.listed(dir, next, f)
}

// listed tells of the descriptors that the directory lists, from a number on.
func (l *linkReader) listed(dir *os.File, from int, f func(fd int, inode uint64)) error {
	return eachPiece(dir, func(names []string) {
		n := 0
		for _, name := range names {
			if fd, err := strconv.ParseInt(name, 10, 32); err == nil && int(fd) >= from { // procfs names descriptors by number
				l.fds[n] = int32(fd)
				n++
			}
		}
		l.tell(dir, n, f)
	})
}

// tell reads the first n links, and tells of the sockets that are wanted. It returns how many descriptors are open.
func (l *linkReader) tell(dir *os.File, n int, f func(fd int, inode uint64)) (open int) {
	l.read(dir.Fd(), n)
	for i, inode := range l.found[:n] {
		switch inode {
		case isClosed:
			continue
		case isOther:
		default:
			f(int(l.fds[i]), inode)
		}
		open++
	}
	return open
}

// read reads the first n links, divided among workers.
func (l *linkReader) read(dir uintptr, n int) {
	if n < worthSharing {
		l.readLinks(dir, 0, n)
		return
	}
	workers := runtime.GOMAXPROCS(0)
	share := (n + workers - 1) / workers
	var all sync.WaitGroup
	for from := share; from < n; from += share {
		all.Go(func() { l.readLinks(dir, from, min(from+share, n)) })
	}
	l.readLinks(dir, 0, share)
	all.Wait()
}

// readLinks reads some links. The directory is not looked up anew for each (readlinkat(2)), which would take as long as the
// reading. The kernel answers from memory, and soon: the scheduler, which would give the processor to another thread for the
// time of the call, is not asked.
func (l *linkReader) readLinks(dir uintptr, from, to int) {
	var link, name [64]byte // more than a socket's, and a descriptor's number, take
	for i := from; i < to; i++ {
		l.found[i] = isOther
		name[len(strconv.AppendInt(name[:0], int64(l.fds[i]), 10))] = 0
		size, _, errno := syscall.RawSyscall6(syscall.SYS_READLINKAT, dir, uintptr(unsafe.Pointer(&name[0])),
			uintptr(unsafe.Pointer(&link[0])), uintptr(len(link)), 0, 0)
		switch errno {
		case syscall.ENOENT:
			l.found[i] = isClosed
		case 0:
			if inode, is := socketInode(link[:min(int(size), len(link))]); is && l.wanted(inode) {
				l.found[i] = inode
			}
		default:
			l.failed.Store(uint32(errno))
		}
	}
}
