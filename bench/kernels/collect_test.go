package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/bench/kernels/result"
)

// inconclusive is a report of one undecided claim, in a run that has what is given.
func inconclusive(status, run string) string {
	return `{"verdicts": [{"claim": "SC1", "quantity": "always", "verdict": "inconclusive", "scenarios": {"direct": "` + status + `"}}],
		"runs": [{"scenario": "direct", "outcome": "inconclusive"` + run + `}]}`
}

// decided is a report of a claim that is decided.
func decided(quantity, verdict string) string {
	return `{"verdicts": [{"claim": "SC1", "quantity": "` + quantity + `", "verdict": "` + verdict + `", "scenarios": {"direct": "` + verdict + `"}}],
		"runs": [{"scenario": "direct", "outcome": "reproduced"}]}`
}

const heldUp = `, "events": [{"kind": "process", "process": {"pid": 1, "event": "held up", "for_ns": 200000000}}]`

func TestCollect(t *testing.T) {
	for name, test := range map[string]struct {
		reports   map[string]string // by place
		claim     string
		scenario  string
		elsewhere map[string]string
	}{
		"one place":                    {map[string]string{"wire-4-root": decided("always", "confirmed")}, "confirmed", "reproduced", nil},
		"undecided":                    {map[string]string{"wire-4-root": inconclusive("inconclusive", "")}, "inconclusive", "inconclusive", nil},
		"its time ran out":             {map[string]string{"wire-4-root": inconclusive("not tried", `, "stopped": "time ran out: --timeout 60s"`)}, "slow", "slow", nil},
		"something else stopped it":    {map[string]string{"wire-4-root": inconclusive("not tried", `, "stopped": "socket: EPERM"`)}, "inconclusive", "inconclusive", nil},
		"it did not run":               {map[string]string{"wire-4-root": inconclusive("inconclusive", heldUp)}, "slow", "slow", nil},
		"it did not run, nor try":      {map[string]string{"wire-4-root": inconclusive("not tried", heldUp)}, "inconclusive", "slow", nil},
		"decided in another place":     {map[string]string{"wire-4-root": inconclusive("inconclusive", ""), "host-4-root": decided("always", "confirmed")}, "confirmed", "reproduced", nil},
		"always, refuted in one place": {map[string]string{"wire-4-root": decided("always", "confirmed"), "host-4-root": decided("always", "refuted")}, "refuted", "reproduced", map[string]string{"wire-4-root": "confirmed"}},
		"can, confirmed in one place":  {map[string]string{"wire-4-root": decided("can", "confirmed"), "host-4-root": decided("can", "refuted")}, "confirmed", "reproduced", map[string]string{"host-4-root": "refuted"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			log := "host-6-root.selfconnect: not begun, for 180 s are over\ntools.sockscan: exit 3, 0 s\n"
			for place, report := range test.reports {
				log += place + ".selfconnect: exit 0, 1 s\n"
				put(t, filepath.Join(dir, place+".selfconnect.json"), report)
			}
			put(t, filepath.Join(dir, "log"), log)
			put(t, filepath.Join(dir, "release"), "6.1.0-57-cloud-amd64\n")
			var out strings.Builder
			k, err := collect(dir, &out)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"SC1": test.claim, "selfconnect direct": test.scenario, "sockscan": "exit 3"}
			if d := cmp.Diff(want, k.Items); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(test.elsewhere, k.Elsewhere["SC1"]); d != "" {
				t.Error(d)
			}
			if !strings.HasPrefix(out.String(), "host-6-root.selfconnect: not begun") {
				t.Errorf("that something was not begun is not said: %q", out.String())
			}
		})
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSeries: as results are named.
func TestSeries(t *testing.T) {
	for release, want := range map[string]string{"6.1.0-57-cloud-amd64": "6.1", "7.3.4+deb13-cloud-amd64": "7.3", "6.18.44-fc-v595": "6.18"} {
		if got := result.Series(release); got != want {
			t.Errorf("%s: %s, want %s", release, got, want)
		}
	}
}
