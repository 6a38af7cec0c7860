package scenario

import (
	"fmt"

	"sockproof/lib/journal"
	"sockproof/lib/network"
)

// SYNProxy lets the kernel of a host answer the SYNs for a port itself, before the listener hears
// of them. It is no method: only who calls it links the library for it.
func SYNProxy(h *Host, port uint16) {
	h.In(func() error { return network.SYNProxy(port) })
	h.t.on.Record(journal.Event{
		Host: h.Name, Kind: journal.KindRule,
		Rule: &journal.Rule{Host: h.Name, Text: fmt.Sprintf("nft: a SYN proxy in front of port %d", port), Inside: true},
	})
}
