package cli

import (
	"testing"
	"time"

	"sockproof/lib/scenario"
)

// TestOwnBound: a scenario's bound holds with and without all its steps, and that of all the
// steps only with them.
func TestOwnBound(t *testing.T) {
	for name, tt := range map[string]struct {
		of   scenario.Scenario
		full bool
		want time.Duration
	}{
		"as others":           {scenario.Scenario{}, false, 0},
		"as others, full":     {scenario.Scenario{}, true, 0},
		"its own":             {scenario.Scenario{Bound: time.Minute}, false, time.Minute},
		"its own, full":       {scenario.Scenario{Bound: time.Minute}, true, time.Minute},
		"of the short form":   {scenario.Scenario{Full: time.Hour}, false, 0},
		"of the whole":        {scenario.Scenario{Full: time.Hour}, true, time.Hour},
		"both, and whole":     {scenario.Scenario{Bound: time.Minute, Full: time.Hour}, true, time.Hour},
		"both, and shortened": {scenario.Scenario{Bound: time.Minute, Full: time.Hour}, false, time.Minute},
	} {
		if got := boundOf(&tt.of, tt.full); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
