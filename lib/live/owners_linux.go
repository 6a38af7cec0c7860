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

	"sockproof/lib/network"
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

// ThreadOwners is Owners of what threads hold that do not share their process's descriptors (unshare(2), CLONE_FILES), or
// that have outlived its first thread. It takes longer: there are many more threads than processes.
func ThreadOwners(wanted func(inode uint64) bool, held func(inode uint64, fd int, o Owner)) (reason string) {
	w := walk{held: held, links: linkReader{wanted: wanted}, threads: true}
	return w.reason(w.all())
}

// walk is a search through the descriptors of all processes.
type walk struct {
	held    func(inode uint64, fd int, o Owner)
	links   linkReader
	threads bool  // other than the first of each process
	denied  error // why some process may not be looked at; nil: each may
	failed  error // why some other could not, or not wholly
}

// all looks at every process. Those that end meanwhile are passed over.
func (w *walk) all() error {
	return eachName("/proc", func(name string) {
		pid, err := strconv.Atoi(name)
		if err != nil {
			return // no process
		}
		if w.threads {
			w.passed(w.threadsOf(pid))
		} else {
			w.passed(w.process(pid))
		}
	})
}

// process looks at the descriptors of one process.
func (w *walk) process(pid int) error { return w.table(pid, "/proc/"+strconv.Itoa(pid)+"/fd") }

// threadsOf looks at the descriptors of those threads of a process that have a table of their own.
func (w *walk) threadsOf(pid int) error {
	tasks := "/proc/" + strconv.Itoa(pid) + "/task"
	return eachName(tasks, func(name string) {
		tid, err := strconv.Atoi(name)
		if err != nil || tid == pid || network.SharesFiles(pid, tid) {
			return
		}
		w.passed(w.table(pid, tasks+"/"+name+"/fd"))
	})
}

// passed notes why a process was not looked at. One that has ended meanwhile has no
// sockets.
func (w *walk) passed(err error) {
	switch {
	case err == nil, hasEnded(err):
	case errors.Is(err, fs.ErrPermission):
		w.denied = err
	case w.failed == nil:
		w.failed = err
	}
}

// hasEnded says whether a process could not be looked at because it has ended.
func hasEnded(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// table looks at one table of descriptors of a process. Most of a walk's time is the
// kernel's, reading links: it is divided among workers, and what they find is told in
// the descriptors' order.
func (w *walk) table(pid int, path string) error {
	dir, err := os.Open(path)
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
	case os.Geteuid() != 0:
		return "run as root"
	case w.denied != nil:
		return w.denied.Error() + ": it takes CAP_SYS_PTRACE"
	}
	return "the owner is in another PID namespace, is the kernel, closed it meanwhile, or has it on its way to another process"
}
