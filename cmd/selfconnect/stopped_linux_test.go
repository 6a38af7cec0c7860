package main

import (
	"context"
	"sync"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
	"sockproof/lib/wire"
)

// A process that is stopped (SIGSTOP) or merely slow finds on the wire what the
// kernel has sent again meanwhile: a SYN after a second, data and FIN after a
// fifth of one. No verdict may change by it.
func TestStoppedProcessDoesNotFalsifyAVerdict(t *testing.T) {
	needWire(t)
	direct, ok := find("direct")
	if !ok {
		t.Fatal("no scenario direct")
	}
	const segments = 6 // the opening's three, data and its ACK, the FIN
	var runs sync.WaitGroup
	defer runs.Wait() // all at once: they do nothing but sleep
	for stop := range segments {
		for _, family := range []journal.Family{journal.IPv4, journal.IPv6} {
			runs.Go(func() { judgeStopped(t, direct, family, stop) })
		}
	}
}

// judgeStopped runs direct with a stop before one segment is carried.
func judgeStopped(t *testing.T, direct *repro.Scenario, family journal.Family, stop int) {
	seen := 0
	j := repro.Conduct(context.Background(), direct, plays["direct"], repro.Conditions{
		Network: journal.Wire, Family: family, Timeout: time.Minute, Run: 1, First: 1,
		Alter: func(r *repro.Run) error {
			r.Wire().SetRule(func(p *wire.Packet) wire.Fate {
				if p.IsTCP() && seen == stop {
					time.Sleep(1100 * time.Millisecond)
				}
				if p.IsTCP() {
					seen++
				}
				return wire.Wait
			})
			return nil
		},
	})
	outcome, why, findings := direct.Judge(&j)
	if outcome != claim.Reproduced {
		t.Errorf("segment %d, %s: %s: %s", stop+1, family, outcome, why)
	}
	for _, f := range findings {
		if f.Verdict != claim.Confirmed {
			t.Errorf("segment %d, %s: %s %s: %s", stop+1, family, f.Claim, f.Verdict, f.Because)
		}
	}
}

func find(name string) (*repro.Scenario, bool) {
	for i := range program.Scenarios {
		if program.Scenarios[i].Name == name {
			return &program.Scenarios[i], true
		}
	}
	return nil, false
}

// needWire skips the test where the wire cannot be had, for the reason probed.
func needWire(t *testing.T) {
	t.Helper()
	empty := repro.Scenario{Name: "probe", Networks: []journal.Network{journal.Wire}, Hosts: []string{"a"}}
	j := repro.Conduct(context.Background(), &empty, func(*repro.Run) error { return nil }, repro.Conditions{
		Network: journal.Wire, Family: journal.IPv4, Run: 1, First: 1,
	})
	if j.Stopped != "" {
		t.Skipf("skip: %s", j.Stopped)
	}
}
