package main

import (
	"net/netip"
	"testing"

	"sockproof/lib/witness/diag"
)

// A subflow is known by its token, also where it has other addresses than the connection, and no descriptor any more.
func TestTwins(t *testing.T) {
	at := func(local, remote string) diag.Socket {
		return diag.Socket{Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
	}
	connection := at("192.0.2.1:80", "192.0.2.9:4000")
	connection.Inode, connection.Token = 7, 9
	var tw twins
	tw.note(&connection)
	for name, tt := range map[string]struct {
		local  string
		inode  uint64
		token  uint32
		wanted bool
	}{
		"its addresses":                {local: "192.0.2.1:80", wanted: true},
		"its inode":                    {local: "192.0.2.2:80", inode: 7, wanted: true},
		"its token":                    {local: "192.0.2.2:80", token: 9, wanted: true},
		"another's":                    {local: "192.0.2.2:80", inode: 9, token: 7},
		"neither inode nor token told": {local: "192.0.2.2:80"},
	} {
		s := at(tt.local, "192.0.2.9:4000")
		s.Inode, s.Token = tt.inode, tt.token
		if got := tw.has(&s); got != tt.wanted {
			t.Errorf("%s: %v", name, got)
		}
	}
}
