package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// findOwners names the processes that hold the sockets found. /proc is walked
// only if there is an inode to look for.
func (r *scanned) findOwners() {
	w := walk{wanted: map[string][]owner{}}
	for i := range r.Sockets {
		if n := r.Sockets[i].Inode; n != 0 {
			w.wanted[socketLink(n)] = nil
		}
	}
	if len(w.wanted) == 0 {
		return
	}
	err := w.all()
	for i := range r.Sockets {
		s := &r.Sockets[i]
		if s.Inode == 0 {
			continue
		}
		if s.Owners = append(s.Owners, w.wanted[socketLink(s.Inode)]...); len(s.Owners) == 0 {
			r.OwnersNotVisible++
		}
	}
	if r.OwnersNotVisible > 0 {
		r.OwnersReason = w.reason(err)
	}
}

// socketLink is what a descriptor of the socket links to (proc_pid_fd(5)).
func socketLink(inode uint64) string { return "socket:[" + strconv.FormatUint(inode, 10) + "]" }

// walk is a search through the descriptors of all processes.
type walk struct {
	wanted map[string][]owner // by link
	denied bool               // some process may not be looked at
}

// all looks at every process. Those that end meanwhile are passed over.
func (w *walk) all() error {
	return eachName("/proc", func(name string) {
		pid, err := strconv.Atoi(name)
		if err != nil {
			return // no process
		}
		if err := w.process(pid); errors.Is(err, fs.ErrPermission) {
			w.denied = true
		}
	})
}

// process looks at the descriptors of one process.
func (w *walk) process(pid int) error {
	dir := "/proc/" + strconv.Itoa(pid)
	return eachName(dir+"/fd", func(fd string) {
		link, err := os.Readlink(dir + "/fd/" + fd)
		if err != nil {
			return // closed meanwhile
		}
		held, wanted := w.wanted[link]
		if !wanted || len(held) > 0 && held[len(held)-1].PID == pid { // a duplicate: one owner
			return
		}
		program, _ := os.ReadFile(dir + "/comm") // none: it ended meanwhile
		w.wanted[link] = append(held, owner{PID: pid, Program: strings.TrimSuffix(string(program), "\n")})
	})
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
	for {
		names, err := d.Readdirnames(namesAtOnce)
		for _, n := range names {
			f(n)
		}
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
	case w.denied || os.Geteuid() != 0:
		return "run as root"
	}
	return "the owner is in another PID namespace, is the kernel, or closed it meanwhile"
}
