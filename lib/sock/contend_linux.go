package sock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Contender is a child that connects with its sockets, one after the other, to an address.
type Contender struct {
	Child   *Child
	Sockets []*Socket
	To      netip.AddrPort
}

// opRetry is the order to connect with some sockets, one after the other, until one is not
// refused.
const opRetry = "retry"

// attempt is a connect() in a child, and what SO_ERROR said after it.
type attempt struct {
	FD           int           `json:"fd"`
	Errno        journal.Errno `json:"errno,omitempty"` // of connect()
	Failed       string        `json:"failed"`          // SO_ERROR
	Began, Asked int64         // when connect() was called, and getsockopt() (CLOCK_MONOTONIC, in nanoseconds)
	Ended        int64
}

// Contend lets two children connect at the same time, as two programs that keep retrying.
// Each goes on until one of its own attempts is not refused, or its sockets are used up.
// The calls are journalled as the children made them, in the order of their times.
func (t *Table) Contend(first, second Contender) error {
	both := []Contender{first, second}
	offset := t.rec.Now() - monotonic()
	for _, x := range both {
		if err := t.watchPort(x.To.Port()); err != nil {
			return err
		}
		o := order{Op: opRetry, Data: []byte(x.To.String())}
		for _, s := range x.Sockets {
			o.FDs = append(o.FDs, x.Child.fds[s])
		}
		if err := json.NewEncoder(x.Child.orders).Encode(o); err != nil {
			return fmt.Errorf("%s in child %d: %w", opRetry, x.Child.pid, err)
		}
	}
	for _, x := range both {
		a, err := x.Child.answer(opRetry)
		if errors.Is(err, io.EOF) {
			signal, err := x.Child.reap("")
			return errors.Join(fmt.Errorf("child %d ended by %s while it retried", x.Child.pid, signal), err)
		}
		if err != nil {
			return err
		}
		for i, made := range a.Made {
			x.journal(x.Sockets[i], made, offset)
		}
	}
	t.after()
	return nil
}

// journal records an attempt.
func (x *Contender) journal(s *Socket, a attempt, offset int64) {
	c, who := x.Child, inChild(s)
	s.learn(netip.AddrPort{}, x.To)
	connect := journal.Call{Op: "connect", Args: []string{who, x.To.String()}, Errno: a.Errno, TookNS: a.Asked - a.Began}
	if a.Errno != "" {
		connect.Result = -1
	}
	c.t.add(c.host, s.id, a.Began+offset, connect)
	c.t.add(c.host, s.id, a.Asked+offset, journal.Call{Op: "getsockopt", Args: []string{who, string(journal.SOError)}, Out: a.Failed, TookNS: a.Ended - a.Asked})
}

// retry is what a child does about that order.
func retry(o order) (made []attempt) {
	to, err := netip.ParseAddrPort(string(o.Data))
	if err != nil {
		return nil
	}
	family := journal.IPv4
	if to.Addr().Is6() {
		family = journal.IPv6
	}
	for _, fd := range o.FDs {
		a := attempt{FD: fd, Began: monotonic()}
		err := unix.Connect(fd, sockaddr(family, to))
		a.Asked, a.Errno = monotonic(), ErrnoName(err)
		failed, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		a.Ended, a.Failed = monotonic(), "0"
		if failed != 0 {
			a.Failed = string(ErrnoName(unix.Errno(failed)))
		}
		made = append(made, a)
		if failed == 0 {
			return made
		}
	}
	return made
}
