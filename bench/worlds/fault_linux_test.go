package main

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFaultsAreAtTheFirstAMiddleAndTheLastCall(t *testing.T) {
	for _, test := range []struct {
		count int
		want  []int
	}{{1, []int{1}}, {2, []int{1, 2}}, {3, []int{1, 2, 3}}, {100, []int{1, 50, 100}}} {
		for _, all := range []bool{false, true} {
			fs := faultsOf(map[uint32]int{unix.SYS_OPENAT: test.count, unix.SYS_UNAME: test.count}, all)
			for _, name := range []string{"openat", "uname"} {
				var at []int
				for _, f := range fs {
					if f.call.name == name {
						at = append(at, f.n)
					}
				}
				slices.Sort(at)
				if at = slices.Compact(at); !slices.Equal(at, test.want) {
					t.Errorf("%d calls of %s: faults at %v, want %v", test.count, name, at, test.want)
				}
			}
			for _, errno := range fallibleOf(unix.SYS_OPENAT).errors() {
				if !slices.ContainsFunc(fs, func(f fault) bool { return f.errno == errno }) {
					t.Errorf("%d calls, and none with %s", test.count, errno)
				}
			}
		}
	}
}

// Each call that a binary makes gets faults or is spared: none is overlooked.
func TestCallsAreKnown(t *testing.T) {
	if f := fallibleOf(100000); f.name != "call-100000" || len(f.errors()) == 0 {
		t.Errorf("a call of another kernel: %+v", f)
	}
	seen := map[uint32]string{}
	for _, f := range append(slices.Clone(fallibles), moreFallibles...) {
		if other, twice := seen[f.number]; twice {
			t.Errorf("%s and %s have the same number", f.name, other)
		}
		seen[f.number] = f.name
		for _, errno := range f.errors() {
			if _, known := errnos[errno]; !known {
				t.Errorf("%s: no error %s", f.name, errno)
			}
		}
	}
	for _, number := range sparedCalls() {
		if name, both := seen[number]; both {
			t.Errorf("%s gets faults, and is spared", name)
		}
	}
}

func TestFaultSample(t *testing.T) {
	var plan []trial
	for _, b := range []string{"selfconnect", "badpeer"} {
		for _, f := range faultsOf(map[uint32]int{unix.SYS_OPENAT: 9, unix.SYS_READ: 9, unix.SYS_SOCKET: 1}, true) {
			plan = append(plan, trial{world: f.world(b), cell: cell{binary: b}})
		}
	}
	chosen := sampleFaults(plan, 3)
	if len(chosen) != 6 {
		t.Fatalf("%d trials, want 3 of each binary", len(chosen))
	}
	seen := map[string]bool{}
	for _, tr := range chosen {
		seen[tr.cell.binary+" "+tr.world.fault.call.name] = true
	}
	if len(seen) != 6 {
		t.Errorf("a call twice before each has been there once: %v", seen)
	}
}

func TestCheck(t *testing.T) {
	report := `{"runs": [{"scenario": "direct", "outcome": "OUTCOME", "why": "", "sockets": [{"id": "a1"}], "findings": []}]}`
	of := func(outcome string) string { return strings.Replace(report, "OUTCOME", outcome, 1) }
	open := fault{call: fallibleOf(unix.SYS_OPENAT), errno: "EMFILE", n: 1}
	for _, test := range []struct {
		name, stdout, stderr string
		status               string
		remains              []string
		wrong                string // in the failure; none: nothing is wrong
	}{
		{"undisturbed", of("reproduced"), "", "exit 0", nil, ""},
		{"says that it can't", "", "selfconnect: open x: too many open files\n", "exit 3", nil, ""},
		{"evidence that was lost", of("reproduced"), "selfconnect: evidence e: open: too many open files\n", "exit 3", nil, ""},
		{"evidence that was lost, without the errno", of("reproduced"), "selfconnect: evidence e\n", "exit 3", nil, "without the errno"},
		{"a wrong status", of("inconclusive"), "", "exit 0", nil, "exit 0"},
		{"another wrong status", of("reproduced"), "", "exit 1", nil, "exit 1"},
		{"no report and no error", "", "", "exit 3", nil, "no report"},
		{"bad usage", "", "selfconnect: EMFILE\n", "exit 2", nil, "no report"},
		{"a panic", "", "panic: x\n\ngoroutine 1 [running]:\n", "exit 2", nil, "panic:"},
		{"a panic after the report", of("reproduced"), "panic: x\n\ngoroutine 1 [running]:\n", "exit 2", nil, "panic:"},
		{"a line of somebody else's", of("reproduced"), "too many open files\n", "exit 3", nil, "no error of selfconnect"},
		{"something left", of("reproduced"), "", "exit 0", []string{"device tun0"}, "device tun0"},
	} {
		var ended error
		if test.status != "exit 0" {
			ended = exits(t, test.status)
		}
		r := check(someCell, open, []byte(test.stdout), test.stderr, ended, nil, test.remains)
		if (r.failure == "") != (test.wrong == "") || !strings.Contains(r.failure, test.wrong) {
			t.Errorf("%s: %q, want %q", test.name, r.failure, test.wrong)
		}
	}
}

func TestErrnosAreNamed(t *testing.T) {
	w := fault{call: fallibleOf(unix.SYS_OPENAT), errno: "EMFILE", n: 1}.world("selfconnect")
	base, late := gives("reproduced", "confirmed"), gives("reproduced", undecided)
	late.Findings[0].Because = "…; the program did not run for up to 0.51 s of it"
	for _, test := range []struct {
		name   string
		result result
		silent bool
	}{
		{"nothing changed", result{run: base}, false},
		{"lost, and named", result{run: gives("reproduced", undecided), said: "… too many open files"}, false},
		{"lost, and named as steps do", result{run: gives("reproduced", undecided), said: "EMFILE"}, false},
		{"lost, and not named", result{run: gives("reproduced", undecided), said: "too busy"}, true},
		{"lost, and held up", result{run: late}, false},
		{"did not begin, and not named", result{absent: "it cannot"}, true},
	} {
		if got := test.result.unnamed(w, someCell, base, knowledge{}); (got != "") != test.silent {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

func TestCommandsBecomeRuns(t *testing.T) {
	scan := `{"findings": [{"kind": "close-wait"}], "unseen": [{"what": "x", "kinds": ["orphan"]}]}`
	r, err := cell{binary: "sockscan", scenario: "scan"}.decode([]byte(scan))
	if err != nil || r.verdict("close-wait") != "confirmed" || r.verdict("orphan") != undecided || r.verdict("closing") != "refuted" {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = cell{binary: "sockscan", scenario: "resets"}.decode([]byte(`{"each": {"rsts": [], "not_watched": "no"}}`))
	if err != nil || r.verdict("RSTs") != undecided {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = cell{binary: "badpeer"}.decode([]byte(`{"verdict": "undecided", "runs": [{"why": "it never came"}]}`))
	if err != nil || r.Outcome != undecided || r.Why != "it never came" {
		t.Errorf("%+v, %v", r, err)
	}
}
