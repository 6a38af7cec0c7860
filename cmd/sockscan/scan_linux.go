package main

import (
	"cmp"
	"errors"
	"fmt"
	"syscall"

	"sockproof/lib/live"
	"sockproof/lib/network"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// stuckScanner scans a place, as often as it is asked to. Through its
// connection to the kernel it sees the place even after the process that named
// it has ended.
type stuckScanner struct {
	conn      *diag.Conn
	low, high uint16 // the ports that the kernel chooses for clients
}

// openStuckScanner opens a place.
func openStuckScanner(p live.Place) (s *stuckScanner, err error) {
	s = &stuckScanner{}
	err = p.In(func() error {
		s.low, s.high = stuckClientPorts()
		s.conn, err = diag.Open()
		return err
	})
	return s, err
}

// close ends the connection, which has answered.
func (s *stuckScanner) close() { _ = s.conn.Close() }

// stuckClientPorts are the ports that the kernel chooses for clients (ip(7)):
// its default where it does not say, for they only serve to guess which end is
// the service where nobody listens any more.
func stuckClientPorts() (low, high uint16) {
	v, err := network.ReadSetting("net.ipv4.ip_local_port_range")
	if err == nil {
		_, err = fmt.Sscanf(v, "%d %d", &low, &high)
	}
	if err != nil {
		return 32768, 60999
	}
	return low, high
}

// scan looks for stuck sockets. complete: changes did not interrupt it.
func (s *stuckScanner) scan() (t *stuckTally, complete bool, err error) {
	err = live.Again(func() error {
		t = &stuckTally{}
		r := stuckReader{tally: t, services: &stuckServices{low: s.low, high: s.high}, search: live.Owners}
		return r.read(s.conn)
	})
	if errors.Is(err, diag.ErrInterrupted) {
		return t, false, nil
	}
	return t, err == nil, err
}

// read reads the kernel's tables: who listens, so that the service's end is
// known, then MPTCP's sockets, then TCP's, among which are those that MPTCP's
// stand for already. diag.ErrInterrupted comes after the last socket.
func (r *stuckReader) read(d live.Dumper) error {
	listeners := live.Families(d, diag.Filter{States: 1 << tcpstate.Listen}, r.services.listener)
	if listeners != nil && !errors.Is(listeners, diag.ErrInterrupted) {
		return listeners
	}
	stuck := diag.Filter{States: stuckStates, Info: true}
	stuck.MPTCP = true
	mptcp := live.Families(d, stuck, func(s diag.Socket) { r.take(&s, true) })
	if errors.Is(mptcp, syscall.ENOENT) {
		r.tally.whyNoMPTCP, mptcp = "this kernel has no MPTCP, or does not list its sockets", nil
	}
	if mptcp != nil && !errors.Is(mptcp, diag.ErrInterrupted) {
		return mptcp
	}
	stuck.MPTCP = false
	tcp := live.Families(d, stuck, func(s diag.Socket) { r.take(&s, false) })
	if tcp == nil || errors.Is(tcp, diag.ErrInterrupted) {
		r.findOwners()
	}
	return cmp.Or(tcp, mptcp, listeners)
}
