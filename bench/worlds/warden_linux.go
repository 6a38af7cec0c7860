package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A warden answers the system calls of one run: it prepares each new network
// namespace before anything is sent in it, and tells the world's lies. One at
// a time: the program's threads stand still meanwhile.
type warden struct {
	world    world
	listener int
	heads    map[uint32]int  // a process's descriptor, by thread
	fresh    map[uint32]bool // threads that have just asked for a namespace
	counts   []int           // of calls that each lie is about
	told     int             // lies
	spaces   []int           // network namespaces that were set up
	binary   string          // what calls are counted of
}

// watched are the calls that it has to see.
func (w world) watched(net string) (calls []uint32) {
	seen := map[uint32]bool{}
	add := func(call uint32) {
		if !seen[call] {
			seen[call] = true
			calls = append(calls, call)
		}
	}
	if !w.setup.empty() && net != "host" {
		for _, call := range []uint32{unix.SYS_UNSHARE, unix.SYS_OPENAT, unix.SYS_SOCKET} {
			add(call)
		}
	}
	for _, l := range w.lies {
		add(l.call)
		if l.any {
			continue // which looks at no descriptor
		}
		// The warden looks at a descriptor through one of its own. A close() at
		// that moment would not be the last: it waits its turn.
		add(unix.SYS_CLOSE)
	}
	return calls
}

func newWarden(w world, listener int, binary string) *warden {
	return &warden{world: w, listener: listener, binary: binary, heads: map[uint32]int{}, fresh: map[uint32]bool{}, counts: make([]int, len(w.lies))}
}

// watch answers until the last process of the run is gone.
func (w *warden) watch() error {
	defer w.close()
	for {
		n, err := next(w.listener)
		if err != nil || n == nil {
			return err
		}
		a, failed := w.answer(n)
		if err := errors.Join(failed, send(w.listener, n, a)); err != nil {
			return err
		}
	}
}

// close lets everything that still waits go with ENOSYS.
func (w *warden) close() {
	unix.Close(w.listener)
	for _, fd := range w.heads {
		unix.Close(fd)
	}
}

func (w *warden) answer(n *notification) (answer, error) {
	if !w.world.setup.empty() {
		if err := w.prepare(n); err != nil {
			return goOn(), err
		}
	}
	if w.world.every != nil && w.own(n) {
		w.world.every[n.Call]++
	}
	for i, l := range w.world.lies {
		if l.call != n.Call || !w.about(l, n) {
			continue
		}
		w.counts[i]++
		if w.counts[i] < l.first || l.last != 0 && w.counts[i] > l.last {
			continue
		}
		if a, ok := l.tell(w, n); ok {
			w.told++
			return a, nil
		}
		w.counts[i]-- // nothing to lie about, as yet
	}
	return goOn(), nil
}

// prepare sets a namespace up at its thread's first call in it.
func (w *warden) prepare(n *notification) error {
	if n.Call == unix.SYS_UNSHARE {
		w.fresh[n.Thread] = n.Args[0]&unix.CLONE_NEWNET != 0
		return nil
	}
	if !w.fresh[n.Thread] {
		return nil
	}
	w.fresh[n.Thread] = false
	path := fmt.Sprintf("/proc/%d/ns/net", n.Thread)
	ns, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return errors.Join(err, unix.Close(ns))
	}
	if theirs, err := os.Readlink(path); err != nil || theirs == own {
		return errors.Join(err, unix.Close(ns)) // unshare() failed: no namespace
	}
	w.spaces = append(w.spaces, ns)
	return in(ns, w.world.setup.apply)
}

// head is a descriptor of the process that a thread belongs to.
func (w *warden) head(thread uint32) (int, error) {
	if fd, ok := w.heads[thread]; ok {
		return fd, nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", thread))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nTgid:")
	id, _, _ := strings.Cut(rest, "\n")
	process, err := strconv.Atoi(strings.TrimSpace(id))
	if err != nil {
		return 0, fmt.Errorf("read the process of thread %d: %w", thread, err)
	}
	fd, err := unix.PidfdOpen(process, 0)
	if err != nil {
		return 0, fmt.Errorf("open process %d: %w", process, err)
	}
	w.heads[thread] = fd
	return fd, nil
}

// descriptor is the program's own, duplicated: what is done with it is done to
// the same socket.
func (w *warden) descriptor(n *notification, fd uint64) (int, error) {
	head, err := w.head(n.Thread)
	if err != nil {
		return 0, err
	}
	return unix.PidfdGetfd(head, int(fd), 0)
}

// own says whether a call is the binary's, and not Go's runtime's or one of a program
// that the binary runs.
func (w *warden) own(n *notification) bool {
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", n.Thread))
	return err == nil && program == w.binary && !runtimes(n) && !staysOpen(n)
}

// descriptorIs says whether an argument is a descriptor of the thing of that name.
func descriptorIs(n *notification, argument int, name string) bool {
	link, err := linkOf(n, argument)
	return err == nil && link == name
}

// linkOf is what an argument that is a descriptor refers to.
func linkOf(n *notification, argument int) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.Thread, n.Args[argument]))
}

// about says whether a call is of the kind that a lie is about.
func (w *warden) about(l lie, n *notification) bool {
	if l.any {
		return w.own(n)
	}
	if n.Call == unix.SYS_SOCKET {
		return kindOf(int(n.Args[0]), int(n.Args[1])&0xf) == l.on
	}
	fd, err := w.descriptor(n, n.Args[l.argument])
	if err != nil {
		return false // no descriptor of anything
	}
	defer unix.Close(fd)
	return kindOfDescriptor(fd) == l.on
}

// kind of thing that a descriptor refers to.
type kind string

const (
	tcpSocket    kind = "tcp"
	netlink      kind = "netlink"
	packetSocket kind = "packet"
	tun          kind = "tun"
	epoll        kind = "epoll"
)

func kindOf(domain, typ int) kind {
	switch {
	case (domain == unix.AF_INET || domain == unix.AF_INET6) && typ == unix.SOCK_STREAM:
		return tcpSocket
	case domain == unix.AF_NETLINK:
		return netlink
	case domain == unix.AF_PACKET:
		return packetSocket
	}
	return ""
}

func kindOfDescriptor(fd int) kind {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err == nil {
		typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
		if err != nil {
			return ""
		}
		return kindOf(domain, typ)
	}
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		return ""
	}
	if s.Mode&unix.S_IFMT == unix.S_IFCHR && s.Rdev == unix.Mkdev(10, 200) {
		return tun
	}
	if link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil && link == "anon_inode:[eventpoll]" {
		return epoll
	}
	return ""
}
