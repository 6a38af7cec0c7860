package main

import (
	"testing"

	"sockproof/lib/schematest"
)

// TestSchema: what a run reports follows the schema, with every field of a report in it.
func TestSchema(t *testing.T) {
	r := newReport(&plan{mode: &lateMode, protocol: "line", argv: []string{"dir/client"}})
	r.add(runReport{
		verdict: open("that", "this"), Network: "host", SIGPIPE: "default", Packets: "none",
		End:   ending{Ended: true, Status: 141, Signal: "SIGPIPE", Shell: true, MaxRSS: 1, AtNS: 2},
		Facts: []fact{one(asked, "b2", "x", "y", 1)},
	})
	r.add(runReport{verdict: copes("well"), Network: "loopback", Facts: []fact{}})
	schematest.Fits(t, "badpeer", r)
	schematest.Fields(t, "badpeer", map[string]any{"": peerReport{}, "runs": runReport{}, "runs.end": ending{}, "runs.facts": fact{}})
}
