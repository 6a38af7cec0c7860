package tcp

import "testing"

// BenchmarkConfront builds and confronts the view of the largest recording.
func BenchmarkConfront(b *testing.B) {
	a := recorded(b, "staleresp/crosswire")
	for b.Loop() {
		New(a.Journal).Confront()
	}
	b.ReportMetric(float64(len(a.Events)), "events")
}
