package main

import (
	"cmp"
	"errors"
	"slices"
	"syscall"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// scan looks for self-connected sockets in a place, and for their owners.
func scan(p place) (*scanned, error) {
	var t table
	err := p.in(func() (err error) {
		conn, err := diag.Open()
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // it has answered by then
		return t.read(conn)
	})
	r := &scanned{Schema: "sockproof/scan/v1", Namespace: p.String(), Sockets: []scannedSocket{}, Complete: true}
	if errors.Is(err, diag.ErrInterrupted) {
		r.Complete, err = false, nil
	}
	if err != nil {
		return nil, err
	}
	for i := range t.found {
		r.Sockets = append(r.Sockets, describe(&t.found[i]))
	}
	r.Found, r.SocketsSeen = len(t.found), t.seen
	// Descriptors are named by inode, so owners are found whatever the namespace.
	r.findOwners()
	return r, nil
}

// dumper is the kernel's table of sockets.
type dumper interface {
	Dump(f diag.Filter, each func(diag.Socket) error) error
}

// table is what the kernel's table showed: the self-connected sockets, and how
// many there are in all. Only the former are kept.
type table struct {
	found []diag.Socket
	seen  int
}

// dumps is how often a dump that changes interrupted is made before its gaps
// are admitted.
const dumps = 5

// connected are the states of every socket that has, or had, a peer: a listener
// has none, and SYN_SENT, of a SYN that nothing answers, only wants one.
const connected = (1<<(tcpstate.NewSynRecv+1) - 2) &^ (1<<tcpstate.Listen | 1<<tcpstate.SynSent)

// read reads the table of both families. ErrInterrupted means that it is as
// good as it gets.
func (t *table) read(d dumper) error {
	interrupted := t.readFamily(d, diag.FamilyIPv4)
	if interrupted != nil && !errors.Is(interrupted, diag.ErrInterrupted) {
		return interrupted
	}
	err := t.readFamily(d, diag.FamilyIPv6)
	if errors.Is(err, syscall.ENOENT) {
		err = nil // a kernel without IPv6 has nobody to answer for it
	}
	slices.SortFunc(t.found, func(a, b diag.Socket) int {
		return cmp.Or(a.Local.Compare(b.Local), cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.Cookie, b.Cookie))
	})
	return cmp.Or(err, interrupted)
}

// readFamily adds the sockets of one family.
func (t *table) readFamily(d dumper, family uint8) error {
	before := len(t.found)
	var (
		seen int
		err  error
	)
	for range dumps {
		seen, t.found = 0, t.found[:before]
		at := map[uint64]int{} // in found, by cookie
		err = d.Dump(diag.Filter{Family: family, States: connected}, func(s diag.Socket) error {
			seen++
			if !isSelfConnected(&s) {
				return nil
			}
			// One that changed its place in the kernel's tables comes twice,
			// the second time as it is now.
			if i, again := at[s.Cookie]; again {
				t.found[i] = s
				return nil
			}
			at[s.Cookie] = len(t.found)
			t.found = append(t.found, s)
			return nil
		})
		if !errors.Is(err, diag.ErrInterrupted) {
			break
		}
	}
	t.seen += seen
	return err
}
