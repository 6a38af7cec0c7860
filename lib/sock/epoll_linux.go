package sock

import (
	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Epoll watches one socket by epoll(7), level-triggered, for everything that
// can be asked for. EPOLLERR and EPOLLHUP are told unasked.
type Epoll struct {
	s  *Socket
	fd int
}

// epollWanted is what is asked for.
const epollWanted = journal.EPOLLIN | journal.EPOLLOUT | journal.EPOLLRDHUP

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
	return e, s.call("epoll_ctl", []string{"EPOLL_CTL_ADD", epollWanted.String()}, func(fd int) returned {
		return returned{err: unix.EpollCtl(e.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: uint32(epollWanted), Fd: int32(fd)})}
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
		r.out = journal.Epoll(events[0].Events).String()
	}
	return r
}
