package scenario

import (
	"context"
	"slices"
	"testing"
	"time"

	"sockproof/lib/journal"
)

// BenchmarkConductNothing times a run without steps: the stage, its
// witnesses, and clearing up; ns/op is the median, for a kernel that is removing the namespaces
// of earlier runs now and then takes ten times as long. What steps take is
// what a run takes beyond it.
func BenchmarkConductNothing(b *testing.B) {
	for _, k := range []journal.Network{journal.Wire, journal.Loopback, journal.HostNet} {
		b.Run(string(k), func(b *testing.B) {
			s := Scenario{Name: "nothing", Networks: []journal.Network{k}, Hosts: []string{"a"}, Steps: func(*T) {}}
			took := make([]time.Duration, b.N)
			for i := range took {
				began := time.Now()
				j := Conduct(context.Background(), &s, Conditions{
					Network: k, Family: journal.IPv4, Timeout: testBound, Run: 1, First: 1,
				})
				took[i] = time.Since(began)
				if j.Stopped != "" {
					b.Skipf("skip: %s", j.Stopped)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "ns/op")
		})
	}
}

// BenchmarkMachine times the facts about the machine that head every report.
func BenchmarkMachine(b *testing.B) {
	for range b.N {
		ThisMachine()
	}
}
