package load

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// shard is a share of the connections, with the thread that serves both their
// ends.
type shard struct {
	config  *Config
	plan    plan
	giveUps int64
	began   time.Time

	*listener
	epoll   int
	events  []syscall.EpollEvent
	ends    []interface{ ready() error } // by descriptor; nil: closed
	clients []*client
	scratch []byte // what is read, until it is dealt with

	patience *queue      // the requests under way
	late     lateReplies // that are owed
	left     int         // connections that have not ended

	counts  Counts
	latency *hdrhistogram.Histogram
	// progress is counts.Requests, for others to read.
	progress atomic.Int64
}

const (
	// batch is how many descriptors are looked at before the times are.
	batch = 256
	// scratchSize is how much is read at a time.
	scratchSize = 64 * frameSize
	// longest is how long the kernel is waited for before others are looked at:
	// the end may have been called for.
	longest = 50 * time.Millisecond
)

// newShard is the shard with the connections of these indices.
func newShard(c *Config, from, to int) *shard {
	s := &shard{
		config: c, plan: planOf(c.Seed, c.Late), giveUps: c.giveUps(), epoll: -1,
		events: make([]syscall.EpollEvent, batch), scratch: make([]byte, scratchSize),
		patience: newQueue(), latency: newHistogram(),
	}
	for i := from; i < to; i++ {
		k := &client{shard: s, index: i, quota: c.quota(i)}
		s.clients = append(s.clients, k)
		if k.quota > 0 {
			s.left++
		}
	}
	return s
}

// open makes the connections.
func (s *shard) open() (err error) {
	if s.listener, err = listen(loopback(s.config.IPv6)); err != nil {
		return err
	}
	if s.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	for _, c := range s.clients {
		if err := s.connect(c); err != nil {
			return err
		}
	}
	return nil
}

// connect gives a client a connection, in place of the one that it may have.
func (s *shard) connect(c *client) error {
	c.disconnect()
	ours, theirs, err := s.connection()
	if err != nil {
		return err
	}
	c.end, c.gaveUp, c.gaveUps = ours, 0, 0
	c.server = &server{shard: s, end: theirs, anyOrder: s.config.Client.Depth > 1}
	// The client is told as long as there is something to read: it leaves in the
	// kernel what it does not want yet. The server reads all there is.
	const edge = 1 << 31 // EPOLLET, which package syscall has as a negative number
	return errors.Join(
		s.watch(ours.fd, c, syscall.EPOLLIN),
		s.watch(theirs.fd, c.server, syscall.EPOLLIN|syscall.EPOLLOUT|edge))
}

// disconnect closes both ends of a client's connection, if it has one.
func (c *client) disconnect() {
	if c.server == nil {
		return
	}
	for _, fd := range []int{c.fd, c.server.fd} {
		if fd < len(c.ends) {
			c.ends[fd] = nil
		}
		_ = syscall.Close(fd)
	}
	c.server.owed, c.server = nil, nil
}

func (s *shard) watch(fd int, e interface{ ready() error }, events uint32) error {
	for len(s.ends) <= fd {
		s.ends = append(s.ends, nil)
	}
	s.ends[fd] = e
	if err := syscall.EpollCtl(s.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("epoll_ctl for descriptor %d: %w", fd, err)
	}
	return nil
}

// close closes everything; connections end with RST.
func (s *shard) close() {
	for _, c := range s.clients {
		c.disconnect()
	}
	if s.listener != nil {
		s.listener.close()
	}
	if s.epoll >= 0 {
		_ = syscall.Close(s.epoll)
	}
}

// now is the time since the load began.
func (s *shard) now() int64 { return int64(time.Since(s.began)) }

// run lets every client ask until its quota is used up, or the context ends.
func (s *shard) run(ctx context.Context) error {
	for _, c := range s.clients {
		if err := c.start(); err != nil {
			return err
		}
	}
	for s.left > 0 && ctx.Err() == nil {
		if err := s.wait(); err != nil {
			return err
		}
		if err := s.pass(); err != nil {
			return err
		}
		s.progress.Store(s.counts.Requests)
	}
	return nil
}

// wait lets those ends act that are ready, or waits for one, but no longer than
// until something has its time.
func (s *shard) wait() error {
	n, err := syscall.EpollWait(s.epoll, s.events, s.until())
	if err != nil && !errors.Is(err, syscall.EINTR) {
		return fmt.Errorf("epoll_wait: %w", err)
	}
	for _, e := range s.events[:min(max(n, 0), len(s.events))] {
		e := s.ends[e.Fd]
		if e == nil {
			continue // closed since
		}
		if err := e.ready(); err != nil {
			return err
		}
	}
	return nil
}

// until is for how many milliseconds nothing has its time.
func (s *shard) until() int {
	d := longest
	if at, _, some := s.next(); some {
		d = min(d, time.Duration(max(0, at-s.now())))
	}
	return int((d + time.Millisecond - 1) / time.Millisecond)
}

// next is what has its time next: the end of patience with a request, or a late
// reply, for which w is nil.
func (s *shard) next() (at int64, w *waiting, some bool) {
	if w = s.patience.first(); w != nil {
		at, some = w.since+int64(s.config.Patience), true
	}
	if len(s.late) > 0 && (!some || s.late[0].at <= at) {
		return s.late[0].at, nil, true
	}
	return at, w, some
}

// pass lets everything happen whose time has come, in the order of those times.
func (s *shard) pass() error {
	for now := s.now(); ; {
		at, w, some := s.next()
		switch {
		case !some || at > now:
			return nil
		case w != nil:
			if err := s.lose(w); err != nil {
				return err
			}
		default:
			r := s.late.take()
			if err := r.by.come(r.number); err != nil {
				return err
			}
		}
	}
}

// lose ends the patience with a request, unless a reply has come at the last
// moment.
func (s *shard) lose(w *waiting) error {
	c, number := w.client, w.number
	if err := c.ready(); err != nil || w.number != number || w.next == nil {
		return err
	}
	return c.giveUp(w)
}
