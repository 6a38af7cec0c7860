package main

import (
	"context"
	"io"
	"testing"

	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// conductDefault runs the default scenario once, on the wire.
func conductDefault(b *testing.B) journal.Journal {
	b.Helper()
	at := journaltest.Stage{Network: journal.Wire, Family: journal.IPv4}
	j := scenario.Conduct(context.Background(), &program.Scenarios[0], at.Conditions())
	if j.Stopped != "" {
		b.Skipf("skip: %s", j.Stopped)
	}
	return j
}

// BenchmarkConduct times a run of the default scenario.
func BenchmarkConduct(b *testing.B) {
	for b.Loop() {
		conductDefault(b)
	}
}

// BenchmarkJudge times the verdicts on one run of it.
func BenchmarkJudge(b *testing.B) {
	j := conductDefault(b)
	for b.Loop() {
		program.Scenarios[0].Judge(&j)
	}
}

// BenchmarkRender times its report, the verdicts and the table included.
func BenchmarkRender(b *testing.B) {
	j := conductDefault(b)
	for b.Loop() {
		r := report.Report{Schema: report.Schema, Runs: []report.Run{cli.Report(&program.Scenarios[0], j)}}
		if err := report.Text(io.Discard, &r, report.Style{Width: 100, Unicode: true}); err != nil {
			b.Fatal(err)
		}
	}
}
