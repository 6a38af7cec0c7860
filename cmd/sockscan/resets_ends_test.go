package main

import (
	"fmt"
	"testing"

	"sockproof/lib/witness/tcpstate"
)

func TestEndsTally(t *testing.T) {
	m := makeLook()
	tally := endsTally{l: m.look, by: map[place]*endsSum{}}
	add := func(local, remote string, rx, tx uint32) {
		i := m.socket(tcpstate.Close, 0, local, remote, func(s *socket) { s.rx, s.tx = rx, tx })
		tally.add(m.look.socket(i))
	}
	for n := range 3 {
		add(here+port(n), there+"80", 0, uint32(n))
	}
	add(here+"8080", there+port(9), 5, 0)
	for n := range 2 * maxEndPlaces {
		add(here+port(0), fmt.Sprintf("10.1.%d.%d:80", n/250, n%250), 0, 0)
	}
	r := tally.report(2)
	if r.Ends != 4+2*maxEndPlaces || r.Unread != 1 || r.Unacked != 2 || r.Lost != 2 || len(r.Places) != shownEnds || r.Others.Ends != r.Ends-3-(shownEnds-1) {
		t.Errorf("%+v, others %+v", r.endsSum, r.Others)
	}
	if p := r.Places[0]; p.Service != "192.0.2.9:80" || p.Direction != "out" || p.Ends != 3 || p.Unacked != 2 {
		t.Errorf("%+v", p)
	}
}
