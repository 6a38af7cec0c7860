package main

import (
	"cmp"
	"errors"
	"slices"

	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// scan looks for self-connected sockets in a place, and for their owners.
func scan(p live.Place) (*scanned, error) {
	var t table
	err := p.In(func() (err error) {
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

// table is what the kernel's table showed: the self-connected sockets, and how
// many there are in all. Only the former are kept.
type table struct {
	found []diag.Socket
	seen  int
}

// connected are the states of every socket that has, or had, a peer: a listener
// has none, and SYN_SENT, of a SYN that nothing answers, only wants one.
const connected = (1<<(tcpstate.NewSynRecv+1) - 2) &^ (1<<tcpstate.Listen | 1<<tcpstate.SynSent)

// read reads the table of both families. ErrInterrupted means that it is as
// good as it gets.
func (t *table) read(d live.Dumper) error {
	err := live.Again(func() error {
		t.seen, t.found = 0, t.found[:0]
		at := map[uint64]int{} // in found, by cookie
		return live.Families(d, diag.Filter{States: connected}, func(s diag.Socket) { t.take(s, at) })
	})
	slices.SortFunc(t.found, func(a, b diag.Socket) int {
		return cmp.Or(a.Local.Compare(b.Local), cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.Cookie, b.Cookie))
	})
	return err
}

// take counts a socket, and keeps it if it is self-connected. One that comes
// twice is kept as it is now.
func (t *table) take(s diag.Socket, at map[uint64]int) {
	t.seen++
	if !isSelfConnected(&s) {
		return
	}
	if i, again := at[s.Cookie]; again {
		t.found[i] = s
		return
	}
	at[s.Cookie] = len(t.found)
	t.found = append(t.found, s)
}
