package live

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Owners looks through the descriptors of every process that may be looked at:
// held is told of each process that holds a socket for which wanted is true,
// once for every descriptor, those of one process one after the other. Sockets
// are named by inode, whatever their namespace. wanted is called by several goroutines.
//
// It returns why an owner may not have been visible.
func Owners(wanted func(inode uint64) bool, held func(inode uint64, fd int, o Owner)) (reason string) {
	w := walk{held: held, links: linkReader{wanted: wanted}}
	return w.reason(w.all())
}

// walk is a search through the descriptors of all processes.
type walk struct {
	held   func(inode uint64, fd int, o Owner)
	links  linkReader
	denied bool  // some process may not be looked at
	failed error // why some other could not, or not wholly
}

// all looks at every process. Those that end meanwhile are passed over.
func (w *walk) all() error {
	return eachName("/proc", func(name string) {
		pid, err := strconv.Atoi(name)
		if err != nil {
			return // no process
		}
		w.passed(w.process(pid))
	})
}

// passed notes why a process was not looked at. One that has ended meanwhile has no
// sockets.
func (w *walk) passed(err error) {
	switch {
	case err == nil, hasEnded(err):
	case errors.Is(err, fs.ErrPermission):
		w.denied = true
	case w.failed == nil:
		w.failed = err
	}
}

// hasEnded says whether a process could not be looked at because it has ended.
func hasEnded(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// process looks at the descriptors of one process. Most of a walk's time is the
// kernel's, reading links: it is divided among workers, and what they find is told in
// the descriptors' order.
func (w *walk) process(pid int) error {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		return err
	}
	defer dir.Close()
	o, named := Owner{PID: pid}, false
	return w.links.each(dir, func(fd int, inode uint64) {
		if !named {
			o.Program, o.Unit, named = programOf(pid), Unit(pid), true
		}
		w.held(inode, fd, o)
	})
}

// programOf is a process's name; "" if it ended meanwhile.
func programOf(pid int) string {
	program, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return strings.TrimSuffix(string(program), "\n")
}

// socketInode reads what a descriptor of a socket links to, "socket:[25148]"
// (proc_pid_fd(5)).
func socketInode(link []byte) (inode uint64, is bool) {
	digits, is := bytes.CutPrefix(link, []byte("socket:["))
	if !is || len(digits) < 2 || digits[len(digits)-1] != ']' {
		return 0, false
	}
	for _, d := range digits[:len(digits)-1] {
		if d < '0' || d > '9' {
			return 0, false
		}
		inode = inode*10 + uint64(d-'0')
	}
	return inode, true
}

// namesAtOnce bounds how much of a directory is in memory.
const namesAtOnce = 512

// eachName calls f for each entry of a directory.
func eachName(path string, f func(name string)) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return eachPiece(d, func(names []string) {
		for _, n := range names {
			f(n)
		}
	})
}

// eachPiece calls f for a directory's entries, a piece at a time.
func eachPiece(d *os.File, f func(names []string)) error {
	for {
		names, err := d.Readdirnames(namesAtOnce)
		f(names)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// reason says why an owner is not visible.
func (w *walk) reason(err error) string {
	switch {
	case err != nil:
		return err.Error()
	case w.failed != nil:
		return w.failed.Error()
	case w.denied || os.Geteuid() != 0:
		return "run as root"
	}
	return "the owner is in another PID namespace, is the kernel, closed it meanwhile, or has it on its way to another process"
}
