package main

import (
	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// endingIn looks once at the sockets of a place that are opening or ending.
func endingIn(in live.Place) (e ending, err error) {
	const states = statesEnding | 1<<tcpstate.SynSent | 1<<tcpstate.SynRecv | 1<<tcpstate.NewSynRecv | 1<<tcpstate.TimeWait
	err = asking(in, func(conn *diag.Conn) error {
		return live.Again(func() error {
			e = ending{States: map[string]int{}}
			return live.Families(conn, diag.Filter{States: states}, e.count)
		})
	})
	if isInterrupted(err) {
		e.Truncated, err = true, nil
	}
	return e, err
}

func (e *ending) count(s diag.Socket) {
	switch {
	case s.State == tcpstate.SynRecv || s.State == tcpstate.NewSynRecv:
		e.SynRecv++
	case s.State == tcpstate.TimeWait:
		e.TimeWait++
	case s.TimerName() == "timewait":
		e.FinWait2++
	default:
		e.States[s.StateName()]++
	}
}

// inodesNow finds by which inodes sockets are held now: they may have been accepted, or closed,
// since they came into their state.
func inodesNow(in live.Place, stays []*stay) error {
	return asking(in, func(conn *diag.Conn) error {
		for _, s := range stays {
			found, is, err := conn.Lookup(s.local, s.remote)
			if err != nil {
				return err
			}
			if is {
				s.inode = found.Inode
			}
		}
		return nil
	})
}

// asking asks sock_diag in a place.
func asking(in live.Place, ask func(*diag.Conn) error) error {
	return in.In(func() error {
		conn, err := diag.Open()
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // it was read only
		return ask(conn)
	})
}
