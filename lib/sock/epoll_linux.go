package sock

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Epoll watches one socket by epoll(7), level-triggered, for everything that
// can be asked for. EPOLLERR and EPOLLHUP are told unasked.
type Epoll struct {
	s  *Socket
	fd int
}

// epollWanted is what is asked for.
const epollWanted = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP

// Epoll makes one (epoll_create1(2), epoll_ctl(2)). It must be used on the
// run's thread, and ends with the run.
func (s *Socket) Epoll() (*Epoll, error) {
	e := &Epoll{s: s}
	err := s.t.record(s.host.Name, s.id, "epoll_create1", []string{"EPOLL_CLOEXEC"}, func() returned {
		var err error
		e.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		return returned{n: e.fd, err: err}
	})
	if err != nil {
		return nil, err
	}
	s.t.epolls = append(s.t.epolls, e)
	return e, s.call("epoll_ctl", []string{"EPOLL_CTL_ADD", epollNames(epollWanted)}, func(fd int) returned {
		return returned{err: unix.EpollCtl(e.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: epollWanted, Fd: int32(fd)})}
	})
}

// Wait asks what is the matter now (epoll_wait(2) with a timeout of 0).
func (e *Epoll) Wait() error {
	return e.s.call("epoll_wait", []string{"0 ms"}, func(int) returned { return epollWait(e.fd) })
}

// epollWait asks an epoll that watches one descriptor.
func epollWait(fd int) returned {
	var events [1]unix.EpollEvent
	n, err := unix.EpollWait(fd, events[:], 0)
	r := returned{n: n, err: err}
	if n > 0 {
		r.out = epollNames(events[0].Events)
	}
	return r
}

// epollFlags are the events by name (epoll_ctl(2)), in the order of the names.
var epollFlags = []struct {
	bit  uint32
	name string
}{
	{unix.EPOLLIN, "EPOLLIN"},
	{unix.EPOLLOUT, "EPOLLOUT"},
	{unix.EPOLLRDHUP, "EPOLLRDHUP"},
	{unix.EPOLLHUP, "EPOLLHUP"},
	{unix.EPOLLERR, "EPOLLERR"},
}

// epollNames names a set of events: "EPOLLIN|EPOLLRDHUP".
func epollNames(set uint32) string {
	var names []string
	for _, f := range epollFlags {
		if set&f.bit != 0 {
			names = append(names, f.name)
			set &^= f.bit
		}
	}
	if set != 0 {
		names = append(names, fmt.Sprintf("0x%x", set))
	}
	return strings.Join(names, "|")
}
