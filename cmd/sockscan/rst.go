package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/report"
	"sockproof/lib/witness/trace"
)

// mostRSTs is how many RSTs are listed. Those after them are counted.
const mostRSTs = 1000

// ownersEach is how long RSTs are gathered before their sockets' owners are looked for: a program
// that is told of a RST soon closes the socket.
const ownersEach = 100 * time.Millisecond

// rst is one RST that was seen.
type rst struct {
	At        time.Time   `json:"at"`
	Direction string      `json:"direction"`         // sent, received
	Local     string      `json:"local,omitempty"`   // empty: not known
	Remote    string      `json:"remote,omitempty"`  // likewise
	State     string      `json:"state,omitempty"`   // of the connection before
	Reason    string      `json:"reason,omitempty"`  // the kernel's name for it; empty: not told
	Answers   string      `json:"answers,omitempty"` // the flags of the segment that drew it
	Meaning   string      `json:"meaning"`
	Owner     *live.Owner `json:"owner,omitempty"` // nil: not known

	inode uint64
}

// rstList is what was seen of RSTs in a while.
type rstList struct {
	RSTs       []*rst `json:"rsts"`
	More       int    `json:"more,omitempty"`        // seen, and not listed
	Lost       uint64 `json:"lost,omitempty"`        // told faster than they were read
	NotWatched string `json:"not_watched,omitempty"` // why none could be seen
}

// rstWatch sees the RSTs of a place.
type rstWatch struct {
	kernel *trace.Resets
	why    string // nil kernel: why it cannot be watched
	lost   uint64 // until the last list
}

func openRSTs(in live.Place) *rstWatch {
	number, err := in.Number()
	if err != nil {
		return &rstWatch{why: err.Error()}
	}
	kernel, err := trace.OpenResets(number)
	if err != nil {
		return &rstWatch{why: err.Error()}
	}
	return &rstWatch{kernel: kernel}
}

func (w *rstWatch) close() {
	if w.kernel != nil {
		w.kernel.Close()
	}
}

// during lists what comes in a while, or until the user has had enough.
func (w *rstWatch) during(ctx context.Context, wait time.Duration) *rstList {
	ctx, done := context.WithTimeout(ctx, wait)
	defer done()
	l := &rstList{RSTs: []*rst{}, NotWatched: w.why}
	if w.kernel != nil {
		if err := w.fill(ctx, l); err != nil {
			l.NotWatched = err.Error()
		}
	}
	<-ctx.Done()
	return l
}

func (w *rstWatch) fill(ctx context.Context, l *rstList) error {
	end, _ := ctx.Deadline()
	for ctx.Err() == nil {
		next := time.Now().Add(ownersEach)
		if end.Before(next) {
			next = end
		}
		if err := l.gather(w.kernel, next); err != nil {
			return err
		}
	}
	lost, err := w.kernel.Lost()
	l.Lost, w.lost = lost-w.lost, lost
	return err
}

// gather takes in what comes until the deadline, then finds whose it is.
func (l *rstList) gather(kernel *trace.Resets, deadline time.Time) error {
	first := len(l.RSTs)
	for {
		x, err := kernel.Read(deadline)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			findHolders(l.RSTs[first:], func(r *rst) (uint64, **live.Owner) { return r.inode, &r.Owner })
			return nil
		case err != nil:
			return err
		case len(l.RSTs) == mostRSTs:
			l.More++
		default:
			l.add(newRST(&x))
		}
	}
}

// add lists a RST. Data that comes after shutdown(SHUT_RDWR) resets the socket as a RST does, and the kernel tells of that
// too (tcp_reset in net/ipv4/tcp_input.c), before it sends the only one.
func (l *rstList) add(r *rst) {
	if n := len(l.RSTs) - 1; r.Reason == "tcp_abort_on_data" && n >= 0 {
		if last := l.RSTs[n]; last.Direction == "received" && last.Local == r.Local && last.Remote == r.Remote {
			l.RSTs[n] = r
			return
		}
	}
	l.RSTs = append(l.RSTs, r)
}

// findHolders finds the processes that hold the sockets of things, by the sockets' inodes.
func findHolders[T any](things []T, of func(T) (inode uint64, owner **live.Owner)) {
	wanted := map[uint64][]**live.Owner{}
	for _, x := range things {
		if inode, owner := of(x); inode != 0 && *owner == nil {
			wanted[inode] = append(wanted[inode], owner)
		}
	}
	if len(wanted) == 0 {
		return
	}
	// Whose cannot be seen stays unknown, and is shown as such.
	_ = live.Owners(func(inode uint64) bool { return wanted[inode] != nil }, func(inode uint64, _ int, o live.Owner) {
		for _, owner := range wanted[inode] {
			if *owner == nil {
				*owner = &o
			}
		}
	})
}

func newRST(x *trace.Reset) *rst {
	r := &rst{
		At: x.At, Direction: "sent", State: x.State, Reason: x.Reason, Answers: x.Answers, Meaning: meaningOf(x), inode: x.Inode,
	}
	if x.Received {
		r.Direction = "received"
	}
	if x.Remote.IsValid() {
		r.Local, r.Remote = x.Local.String(), x.Remote.String()
	}
	if x.PID != 0 && !x.Received {
		r.Owner = &live.Owner{PID: x.PID, Program: x.Program, Unit: live.Unit(x.PID)}
	}
	return r
}

// reasons says in words what the kernel's names mean (include/net/rstreason.h).
var reasons = map[string]string{
	"tcp_abort_on_close":       "close() with data unread, or data that came after close()",
	"tcp_abort_on_data":        "data came for a socket that the program had closed",
	"tcp_abort_on_linger":      "close() with TCP_LINGER2 below 0: no FIN_WAIT2",
	"tcp_abort_on_memory":      "too many orphans, or no memory for one more (tcp_max_orphans, tcp_mem)",
	"tcp_disconnect_with_data": "the program gave the connection up with data on its way: SO_LINGER {1, 0}, or connect() to AF_UNSPEC",
	"tcp_keepalive_timeout":    "the peer did not answer keepalive probes",
	"tcp_timeout":              "the peer acknowledged nothing until the last retransmission",
	"tcp_timewait_socket":      "data, or a SYN, for a connection that its program had closed, and of which the kernel keeps no socket any more",
	"tcp_too_old_ack":          "it acknowledges what was acknowledged long before",
	"tcp_ack_unsent_data":      "it acknowledges what was never sent",
	"tcp_rfc7323_paws":         "its timestamp is older than the connection's",
	"invalid_syn":              "a SYN within a connection",
}

// meaningOf says what a RST means, as far as it can be told.
func meaningOf(x *trace.Reset) string {
	meaning, known := reasons[x.Reason]
	switch {
	case x.Received && x.State == "SYN_SENT":
		return "refused: nobody listens there, or something on the path says so"
	case x.Received:
		return "the peer, or something on the path, reset the connection"
	case known:
		return meaning
	case x.Reason == "no_socket" && strings.HasPrefix(x.Answers, "SYN") && !strings.Contains(x.Answers, "ACK"):
		return "refused: nobody listens on this port"
	case x.Reason == "no_socket" || x.State == "" && x.Answers != "":
		return "a segment (" + x.Answers + ") of a connection that this machine does not know: its socket has gone, or it never was here (NAT, a failover, a restart)"
	case x.Reason == "tcp_state" && x.PID == 0 && x.Inode == 0 && (x.State == "ESTABLISHED" || x.State == "CLOSE_WAIT" || x.State == "SYN_RECV"):
		return "its listener was closed, and nobody had accepted the connection"
	case x.Reason == "tcp_state" && x.PID != 0:
		return "the program aborted the connection: close() with SO_LINGER {1, 0}, or connect() to AF_UNSPEC; another's by SOCK_DESTROY (ss -K)"
	case x.Reason == "tcp_state":
		return "the kernel gave up a connection whose program had closed it"
	}
	return cmp.Or(x.Reason, "this kernel does not tell why")
}

// write lists the RSTs as text.
func (l *rstList) write(w io.Writer) {
	if l.NotWatched != "" {
		fmt.Fprintf(w, "each RST: %s\n", l.NotWatched)
		return
	}
	fmt.Fprintf(w, "each RST: %d\n", len(l.RSTs)+l.More)
	for _, r := range l.RSTs {
		r.write(w)
	}
	if l.More > 0 {
		fmt.Fprintf(w, "  and %d more\n", l.More)
	}
	if l.Lost > 0 {
		fmt.Fprintf(w, "  %d more were sent or received faster than they could be told\n", l.Lost)
	}
	fmt.Fprintln(w, "RSTs received for a connection in SYN_RECV or TIME_WAIT are not among them: the kernel does not tell of them.")
}

func (r *rst) write(w io.Writer) {
	was, who := "", "owner not known"
	if r.State != "" {
		was = ", was " + r.State
	}
	switch {
	case r.Owner != nil:
		who = processText(r.Owner)
	case r.inode == 0 && r.State == "":
		who = "no socket"
	case r.inode == 0:
		who = "no process: orphaned, or not accepted yet"
	}
	fmt.Fprintf(w, "  %s  %-8s  %s → %s%s; %s\n    %s\n", r.At.Format("15:04:05.000000"), r.Direction, cmp.Or(r.Local, "?"), cmp.Or(r.Remote, "?"), was, who, report.Printable(r.Meaning))
}
