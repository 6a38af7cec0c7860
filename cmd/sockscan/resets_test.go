package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sockproof/lib/live"
)

// TestResetsReport: what moved most comes first, and what a kernel does not have is named.
func TestResetsReport(t *testing.T) {
	before := map[string]int64{"OutRsts": 10, "TCPAbortOnData": 0, "Other": 9, "EstabResets": 100}
	after := map[string]int64{"OutRsts": 12, "TCPAbortOnData": 7, "Other": 19, "EstabResets": 100}
	r := newResetsReport(live.Place{}, before, after, 10*time.Second)
	var got []string
	for _, c := range r.Counters {
		got = append(got, fmt.Sprintf("%s %+d %d", c.Name, *c.Delta, c.SinceBoot))
	}
	want := []string{"TCPAbortOnData +7 7", "OutRsts +2 12", "EstabResets +0 100"}
	if !slices.Equal(got, want) || len(r.Unknown) != len(meanings)-3 {
		t.Errorf("%v, unknown %v", got, r.Unknown)
	}
	if r = newResetsReport(live.Place{}, nil, after, 0); r.Counters[0].Name != "EstabResets" || r.Counters[0].Delta != nil {
		t.Errorf("read once: %+v", r.Counters[0])
	}
}

// TestResetsHidesZeros: the text has the counters that moved alone.
func TestResetsHidesZeros(t *testing.T) {
	var b strings.Builder
	newResetsReport(live.Place{}, nil, map[string]int64{"OutRsts": 3, "EstabResets": 0}, 0).write(&b)
	if s := b.String(); !strings.Contains(s, "OutRsts") || strings.Contains(s, "\nEstabResets") {
		t.Error(s)
	}
}

// TestMeanings: each counter is told once, with all there is to tell, and the scenario
// that is said to show it moves it in its recorded run.
func TestMeanings(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range meanings {
		if seen[m.Name] || m.Counts == "" || m.Cause == "" {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
		if m.Scenario == "" {
			continue
		}
		recorded, err := os.ReadFile("../lingerreset/testdata/" + m.Scenario + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(recorded, []byte(`"counter":{"name":"`+m.Name+`"`)) {
			t.Errorf("%s does not move %s", m.Scenario, m.Name)
		}
	}
}

// TestCountersUsage: one line that names the flag, the value and what is accepted.
func TestCountersUsage(t *testing.T) {
	for args, want := range map[string]string{
		"more":                   `argument "more"`,
		"--for 0s":               `flag "--for": value "0s": want a duration longer than 0, like 10s, 500ms or 2m`,
		"--for ever":             `flag "--for": value "ever"`,
		"--pid none":             "--netns-of",
		"--netns-of 1 --netns x": "--netns",
		"--format tap":           `value "tap": want text or json`,
		"--net wire":             "net",
	} {
		t.Run(args, func(t *testing.T) {
			code, out, errs := command(t, "resets", strings.Fields(args)...)
			if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, want) {
				t.Errorf("exit %d, stdout %q, stderr %q; want 2, none, … %s …", code, out, errs, want)
			}
		})
	}
}

// readCounters runs the command and reads its JSON.
func readCounters(t *testing.T, args ...string) map[string]counted {
	t.Helper()
	code, out, errs := command(t, "resets", append([]string{"--format", "json"}, args...)...)
	var r resetsReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatalf("exit %d, %v, stderr %q\n%s", code, err, errs, out)
	}
	by := map[string]counted{}
	for _, c := range r.Counters {
		by[c.Name] = c
	}
	return by
}
