package load

import (
	"math"
	"testing"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]float64{"0%": 0, "1%": 0.01, "0.5%": 0.005, "100%": 1} {
		if r, err := ParseRate(text); err != nil || r.Share != want {
			t.Errorf("%s: %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "%", "1", "-1%", "101%", "NaN%", "Inf%", "x%", "1%%", " 1%"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("%q: %v", text, r)
		}
	}
}

// TestPlan: as many are late as there should be, by chance, and others with
// another seed.
func TestPlan(t *testing.T) {
	const n = 1_000_000
	a, b := planOf(1, Rate{0.01}), planOf(2, Rate{0.01})
	late, both := 0, 0
	for i := range uint64(n) {
		if a.late(i) {
			late++
			if b.late(i) {
				both++
			}
		}
	}
	if deviation := math.Sqrt(n * 0.01 * 0.99); math.Abs(float64(late)-n*0.01) > 5*deviation {
		t.Errorf("%d of %d are late", late, n)
	}
	if both > late/10 {
		t.Errorf("%d of %d are late with another seed too", both, late)
	}
	for share, want := range map[float64]bool{0: false, 1: true} {
		if p := planOf(3, Rate{share}); p.late(5) != want {
			t.Errorf("share %v: late %v", share, !want)
		}
	}
}

func TestQuota(t *testing.T) {
	for _, c := range []Config{{Connections: 3, Requests: 10}, {Connections: 3, Requests: 2}, {Connections: 1, Requests: 5}} {
		sum := int64(0)
		for i := range c.Connections {
			sum += c.quota(i)
		}
		if sum != c.Requests {
			t.Errorf("%+v: %d requests", c, sum)
		}
	}
}
