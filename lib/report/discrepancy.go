package report

import (
	"strings"

	"sockproof/lib/tcp"
)

// DiscrepancyText is one on one line: what it is about, both accounts, and what would
// explain them.
func DiscrepancyText(d *tcp.Discrepancy) string {
	about := strings.Join(append(append([]string{}, d.Sockets...), d.Hosts...), ", ")
	if about != "" {
		about += ": "
	}
	return about + d.String()
}
