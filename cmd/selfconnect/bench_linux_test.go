package main

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// conductDefault runs the default scenario as a run without arguments does.
func conductDefault(b *testing.B) journal.Journal {
	b.Helper()
	s := &program.Scenarios[0]
	j := scenario.Conduct(context.Background(), s, scenario.Conditions{
		Network: journal.Wire, Family: journal.IPv4, Timeout: 10 * time.Second, Run: 1, First: 1,
	})
	if j.Stopped != "" {
		b.Skipf("skip: %s", j.Stopped)
	}
	return j
}

// BenchmarkConductDefault times the default scenario without its report; ns/op
// is the median, as in lib/scenario's BenchmarkConductNothing.
func BenchmarkConductDefault(b *testing.B) {
	took := make([]time.Duration, b.N)
	for i := range took {
		began := time.Now()
		conductDefault(b)
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "ns/op")
}

// BenchmarkJudge times the verdicts on one run of it.
func BenchmarkJudge(b *testing.B) {
	j := conductDefault(b)
	for b.Loop() {
		program.Scenarios[0].Judge(&j)
	}
}

// BenchmarkRender times its report, the histories included.
func BenchmarkRender(b *testing.B) {
	j := conductDefault(b)
	s := &program.Scenarios[0]
	for b.Loop() {
		r := report.Report{Schema: report.Schema, Runs: []report.Run{cli.Report(s, j)}}
		if err := report.Text(io.Discard, &r, report.Style{Width: 100, Unicode: true}); err != nil {
			b.Fatal(err)
		}
	}
}
