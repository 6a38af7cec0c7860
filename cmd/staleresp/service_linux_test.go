package main

import (
	"context"
	"testing"
	"time"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// TestRequestInPieces: the server reads a request to its end, though the rest of it comes
// later.
func TestRequestInPieces(t *testing.T) {
	doctor.Stage{Network: journal.Wire, Family: journal.IPv4}.Need(t)
	const firstPart = 10
	asked := question{1, users[0]}
	j := scenario.Conduct(context.Background(), &scenario.Scenario{Name: "test", Networks: []journal.Network{journal.Wire}, Hosts: []string{"a", "b"}}, func(r *scenario.Run) error {
		s, err := serve(r)
		if err != nil {
			return err
		}
		c, err := newClient(r, s, naive)
		if err != nil {
			return err
		}
		request := asked.request()
		if _, err := c.conn.Client.Write(request[:firstPart]); err != nil {
			return err
		}
		r.Deliver()
		r.Wire().SetRule(func(p *wire.Packet) wire.Fate {
			if p.From == "a" {
				return wire.Hold
			}
			return wire.Wait
		})
		if _, err := c.conn.Client.Write(request[firstPart:]); err != nil {
			return err
		}
		if err := r.Wire().Later(r.Wire().Held("a")[0], time.Millisecond); err != nil {
			return err
		}
		if q, ok := s.take(c.conn.Server); !ok || q != asked {
			t.Errorf("took %v, %v; want %v", q, ok, asked)
		}
		return nil
	}, scenario.Conditions{Network: journal.Wire, Family: journal.IPv4, Timeout: 30 * time.Second, Run: 1, First: 1})
	if j.Stopped != "" {
		t.Error(j.Stopped)
	}
}
