package repro

import (
	"context"
	"testing"

	"sockproof/lib/journal"
)

// BenchmarkConductNothing times a run in which nothing is played: the stage, its
// witnesses, and clearing up. What a play takes is what a run takes beyond it.
func BenchmarkConductNothing(b *testing.B) {
	for _, k := range []journal.Network{journal.Wire, journal.Loopback, journal.HostNet} {
		b.Run(string(k), func(b *testing.B) {
			s := Scenario{Name: "nothing", Networks: []journal.Network{k}, Hosts: []string{"a"}}
			for range b.N {
				j := Conduct(context.Background(), &s, func(*Run) error { return nil }, Conditions{
					Network: k, Family: journal.IPv4, Timeout: defaultTimeout, Run: 1, First: 1,
				})
				if j.Stopped != "" {
					b.Skipf("skip: %s", j.Stopped)
				}
			}
		})
	}
}

// BenchmarkMachine times the facts about the machine that head every report.
func BenchmarkMachine(b *testing.B) {
	for range b.N {
		machine()
	}
}
