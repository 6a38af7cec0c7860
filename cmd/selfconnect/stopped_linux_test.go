package main

import (
	"testing"

	"sockproof/lib/claim"
)

// TestStoppedProcessDoesNotFalsifyAVerdict: none changes by what the kernel
// has sent again meanwhile.
func TestStoppedProcessDoesNotFalsifyAVerdict(t *testing.T) {
	const segments = 6 // the opening's three, data and its ACK, the FIN
	verdicts := map[string]claim.Verdict{}
	for _, c := range suite.Scenario(t, "direct").Claims {
		verdicts[c.ID] = claim.Confirmed
	}
	suite.Stopped(t, "direct", segments, verdicts)
}
