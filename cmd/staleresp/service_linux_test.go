package main

import (
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// TestRequestInPieces: the server reads a request to its end, though the rest of it comes
// later: the wire loses its first copy.
func TestRequestInPieces(t *testing.T) {
	at := journaltest.Stage{Network: journal.Wire, Family: journal.IPv4}
	at.Need(t)
	const firstPart = 10
	asked := question{1, users[0]}
	why := at.Probe(func(r *scenario.T) {
		s := serve(r)
		c := newClient(s, naive)
		request := string(asked.request())
		c.end.Send(request[:firstPart])
		lost := false
		r.Drop(scenario.Once(func(p *wire.Packet) bool {
			lost = lost || p.From == "a"
			return lost
		}))
		c.end.Write(request[firstPart:])
		if q, ok := s.take(c.server); !ok || q != asked || !lost {
			t.Errorf("took %v, %v; want %v; lost: %t", q, ok, asked, lost)
		}
	})
	if why != "" {
		t.Error(why)
	}
}
