//go:build !linux

package live

import (
	"net/netip"

	"sockproof/lib/witness/diag"
)

// Clients is sight of the other ends of a server's connections.
type Clients struct{}

// OpenClients opens nothing.
func OpenClients() (*Clients, error) { return nil, errLinux }

// Close has nothing to end.
func (*Clients) Close() {}

// Follow follows nothing.
func (*Clients) Follow(diag.Socket) error { return errLinux }

// Ended tells nothing.
func (*Clients) Ended() (s diag.Socket, told bool) { return s, false }

// Find finds nothing.
func (*Clients) Find(_, _ netip.AddrPort) (s diag.Socket, found bool) { return s, false }

// To lists nothing.
func (*Clients) To(netip.AddrPort) []diag.Socket { return nil }

// Listens finds nobody.
func (*Clients) Listens(netip.AddrPort) (inode uint64) { return 0 }

// HeldBy finds nobody.
func HeldBy(uint64, []int) (o Owner, held bool, err error) { return o, false, errLinux }

// HoldersOf finds nobody.
func HoldersOf(uint64, []int) []Owner { return nil }
