package sock

import (
	"errors"
	"fmt"
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// listTries bounds how often a listing is asked for again because the kernel's
// table changed meanwhile.
const listTries = 5

// List journals all TCP sockets of a host's stack that are in one of the states, as
// sock_diag lists them. It is for private namespaces: on the caller's own stack it
// would report others' sockets.
func (t *Table) List(h *network.Host, states ...string) error {
	c := t.diags[h.Name]
	if c == nil {
		return nil // the journal says that sock_diag is missing
	}
	f := diag.Filter{}
	table := &journal.Table{Witness: journal.SockDiag, States: states, Sockets: []string{}}
	for n := uint8(1); n <= tcpstate.NewSynRecv; n++ {
		if slices.Contains(states, tcpstate.Name(n)) {
			f.States |= 1 << n
		}
	}
	if !slices.Contains(states, journal.Listen) {
		// A connection is of the run's family; a listener of IPv6 may take IPv4 too.
		f.Family = diag.FamilyIPv4
		if t.family == journal.IPv6 {
			f.Family = diag.FamilyIPv6
		}
	}
	for try := 0; ; try++ {
		table.Sockets = table.Sockets[:0]
		err := c.Dump(f, func(s diag.Socket) error {
			table.Sockets = append(table.Sockets, journal.Listed{State: s.StateName(), Local: journal.AddressOf(s.Local), Remote: journal.AddressOf(s.Remote)}.String())
			return nil
		})
		if err == nil {
			break
		}
		if !errors.Is(err, diag.ErrInterrupted) || try == listTries {
			return fmt.Errorf("list the sockets of host %s: %w", h.Name, err)
		}
	}
	slices.Sort(table.Sockets)
	t.rec.Add(journal.Event{Host: h.Name, Kind: journal.KindTable, Table: table})
	return nil
}
