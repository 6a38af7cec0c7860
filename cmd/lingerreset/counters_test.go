package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// TestCountersReport: given values, as they are told.
func TestCountersReport(t *testing.T) {
	r := countersReport{Schema: "sockproof/counters/v1", Namespace: "pid 7", ForNS: 10e9}
	r.fill(map[string]int64{"OutRsts": 12, "TCPAbortOnData": 3, "Other": 9}, map[string]int64{"OutRsts": 2})
	if len(r.Counters) != len(meanings) {
		t.Fatalf("%d counters; want %d", len(r.Counters), len(meanings))
	}
	by := map[string]counted{}
	for _, c := range r.Counters {
		by[c.Name] = c
	}
	if c := by["OutRsts"]; !c.Known || c.SinceBoot != 12 || c.Delta == nil || *c.Delta != 2 {
		t.Errorf("%+v", c)
	}
	if c := by["TCPAbortOnData"]; !c.Known || c.Delta == nil || *c.Delta != 0 {
		t.Errorf("%+v", c)
	}
	if c := by["TCPAbortOnClose"]; c.Known || c.Delta != nil {
		t.Errorf("a counter that the kernel does not have: %+v", c)
	}
	var b strings.Builder
	r.write(&b)
	for _, want := range []string{
		"in pid 7\n", "since boot  in 10s\n", "OutRsts                    12       +2  segments with RST", "this kernel has no such counter",
		"lingerreset linger0 shows it", "usually: ",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

// TestMeanings: each counter is told once, with all there is to tell, and the
// scenario that shows it is one.
func TestMeanings(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range meanings {
		if seen[m.Name] || m.Counts == "" || m.Cause == "" {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
		if m.Scenario != "" {
			suite.Scenario(t, m.Scenario)
		}
	}
}

// counter is how far a counter of a host moved.
func counter(name string) func(journal.Event) bool {
	return func(e journal.Event) bool { return e.Counter != nil && e.Counter.Name == name }
}

// TestScenariosShowCounters: the scenario that is said to show a counter moves it.
func TestScenariosShowCounters(t *testing.T) {
	for _, m := range meanings {
		if m.Scenario == "" {
			continue
		}
		j := journaltest.Recorded(t, m.Scenario)
		if !slices.ContainsFunc(j.Events, counter(m.Name)) {
			t.Errorf("%s does not move %s", m.Scenario, m.Name)
		}
	}
}

// TestCountersUsage: one line that names the flag, the value and what is accepted.
func TestCountersUsage(t *testing.T) {
	for args, want := range map[string]string{
		"more":              `argument "more"`,
		"--for 0s":          `flag "--for": value "0s": want a duration longer than 0, like 10s, 500ms or 2m`,
		"--for ever":        `flag "--for": value "ever"`,
		"--pid none":        "--pid",
		"--pid 1 --netns x": "--netns",
		"--format tap":      `value "tap": want text or json`,
		"--net wire":        "net",
	} {
		t.Run(args, func(t *testing.T) {
			code, out, errs := journaltest.Command(t, "lingerreset", countersCommand(), strings.Fields(args)...)
			if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, want) {
				t.Errorf("exit %d, stdout %q, stderr %q; want 2, none, … %s …", code, out, errs, want)
			}
		})
	}
}

// readCounters runs the command and reads its JSON.
func readCounters(t *testing.T, args ...string) map[string]counted {
	t.Helper()
	code, out, errs := journaltest.Command(t, "lingerreset", countersCommand(), append([]string{"--format", "json"}, args...)...)
	var r countersReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatalf("exit %d, %v, stderr %q\n%s", code, err, errs, out)
	}
	by := map[string]counted{}
	for _, c := range r.Counters {
		by[c.Name] = c
	}
	return by
}
