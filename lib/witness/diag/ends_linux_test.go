package diag

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
)

// Each end of a connection is told of when it is destroyed, with what it had left.
func TestEnds(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			nstest.Enter(t)
			ends, err := OpenEnds()
			if err != nil {
				t.Fatal(err)
			}
			defer ends.Close()
			listener, at := nstest.Listen(t, addr(n.listen))
			conn := nstest.Connect(t, listener, netip.AddrPortFrom(netip.MustParseAddr(n.dial), at.Port()))
			if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			conn.Server.Close() // with data unread: RST
			conn.Client.Close()
			seen := map[netip.AddrPort]Destroyed{}
			nstest.Until(t, "both ends", func() bool {
				if err := ends.Next(10*time.Millisecond, func(s Destroyed) { seen[s.Local] = s }); err != nil {
					t.Fatal(err)
				}
				return len(seen) == 2
			})
			clientAt, serverAt, err := lookupKey(conn.ClientAddr, conn.ServerAddr)
			if err != nil {
				t.Fatal(err)
			}
			client, server := seen[clientAt], seen[serverAt]
			if client.Remote != serverAt || server.Remote != clientAt || client.Cookie == server.Cookie || client.Cookie == 0 || ends.Lost != 0 {
				t.Errorf("client %+v\nserver %+v, lost %d", client, server, ends.Lost)
			}
			if !server.Info.LastDataRecv.Told || client.Flow.DataSegments != 1 {
				t.Errorf("client %+v\nserver %+v", client, server)
			}
		})
	}
}
