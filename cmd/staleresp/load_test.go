package main

import (
	"os"
	"strings"
	"testing"

	"sockproof/cmd/staleresp/internal/load"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/schematest"
)

// runHere runs the program as a shell would, in this process. Flags keep the values
// that were given last, so it has its own.
func runHere(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	program := program
	program.Flags = ownFlags()
	stdout, stderr := journaltest.Scratch(t), journaltest.Scratch(t)
	code = cli.Main(&program, append([]string{"staleresp"}, args...), stdout, stderr)
	return code, contentOf(t, stdout), contentOf(t, stderr)
}

func contentOf(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkUsage: bad usage is one line on stderr that names the flag or argument, the
// value and what is accepted.
func checkUsage(t *testing.T, args, want string) {
	t.Helper()
	code, out, errs := runHere(t, strings.Fields(args)...)
	if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, want) {
		t.Errorf("%s: exit %d, stdout %q, stderr %q; want 2, none, … %s …", args, code, out, errs, want)
	}
}

func TestLoadUsage(t *testing.T) {
	for args, want := range map[string]string{
		"load up":                             `load: argument "up": it takes none`,
		"load --connections 0":                `flag "--connections": value "0": want a whole number from 1 to 10000`,
		"load --connections 10001":            `value "10001": want a whole number from 1 to 10000`,
		"load --connections many":             `flag "--connections": value "many"`,
		"load --requests 0":                   `flag "--requests": value "0": want a whole number from 1 to 1000000000`,
		"load --requests 1.5":                 `flag "--requests": value "1.5"`,
		"load --late-rate 1":                  `flag "--late-rate": value "1": want a share from 0% to 100%, like 1%`,
		"load --late-rate 101%":               `flag "--late-rate": value "101%"`,
		"load --late-by soon":                 `flag "--late-by": value "soon": want a duration from 1ms to 24h0m0s`,
		"load --late-by 0s":                   `flag "--late-by": value "0s"`,
		"load --late-by 200ms --patience 1ms": `value "200ms": want a duration from 1ms to 100ms`,
		"load --patience 0s":                  `flag "--patience": value "0s": want a duration from 1ms to 2s`,
		"load --policy hope":                  `flag "--policy": value "hope": want all, or some of naive, compare, discard, reconnect, drain, pipeline, with commas`,
		"load --policy naive,naive":           `each once`,
		"load --policy naive,":                `flag "--policy": value "naive,"`,
		"load --seed -1":                      `flag "--seed": value "-1": want a whole number from 0 to 18446744073709551615`,
		"load --net wire":                     `flag "--net": value "wire": want host or loopback`,
		"load -4 -6":                          `flags -4 and -6 exclude each other`,
		"load --format tap":                   `value "tap": want text or json`,
		"load --repeat 3":                     `--repeat`,
		"late-reply --connections 3":          `flag "--connections" is for the command load only`,
	} {
		checkUsage(t, args, want)
	}
}

// TestLoadSchema: the schema has every field of what a load found.
func TestLoadSchema(t *testing.T) {
	schematest.Fields(t, "load", map[string]any{"": loadReport{}, "policy": loadRow{}})
}

// TestLoadOutcomes: what is concluded from the counts.
func TestLoadOutcomes(t *testing.T) {
	row := func(p policy, requests, late, wrong, timedOut int64) loadRow {
		return loadRow{Policy: p, Counts: load.Counts{Requests: requests, Late: late, Wrong: wrong, TimedOut: timedOut, Followed: timedOut}}
	}
	last := func(p policy) loadRow {
		r := row(p, 1000, 10, 0, 10)
		r.Followed = 0
		return r
	}
	for _, tt := range []struct {
		name        string
		rows        []loadRow
		interrupted bool
		outcome     string
		why         string
		exit        int
	}{
		{"each does what it is known for", []loadRow{row(naive, 1000, 10, 400, 10), row(discard, 1000, 10, 0, 10)}, false, loadReproduced, "naive took 400 replies of 1,000 for the answer to another request", 0},
		{"cures alone", []loadRow{row(discard, 1000, 10, 0, 10)}, false, loadReproduced, "every answer was the request's own", 0},
		{"drain is no cure", []loadRow{row(drain, 1000, 10, 3, 10)}, false, loadReproduced, "drain took 3 replies of 1,000", 0},
		{"no late reply", []loadRow{row(naive, 1000, 0, 0, 0)}, false, loadInconclusive, "naive was not put to the test: no reply was late", 3},
		{"patient clients", []loadRow{row(naive, 1000, 10, 0, 0)}, false, loadInconclusive, "clients waited for longer than replies were late", 3},
		{"each the last of its connection", []loadRow{last(naive)}, false, loadInconclusive, "no connection was used again", 3},
		{"none taken all the same", []loadRow{row(naive, 1000, 10, 0, 10)}, false, loadNotReproduced, "naive took no reply for another", 1},
		{"cures, and no late reply", []loadRow{row(reconnect, 1000, 0, 0, 0), row(discard, 1000, 0, 0, 0)}, false, loadInconclusive, "reconnect was not put to the test: no reply was late", 3},
		{"one cure that nobody needed", []loadRow{row(naive, 1000, 10, 400, 10), row(discard, 1000, 10, 0, 10), row(reconnect, 1000, 10, 0, 0)}, false, loadInconclusive, "reconnect was not put to the test: clients waited for longer than replies were late", 3},
		{"a cure, each the last of its connection", []loadRow{last(compare)}, false, loadInconclusive, "compare was not put to the test: no connection was used again", 3},
		{"a cure that fails where nobody gave up", []loadRow{row(reconnect, 1000, 0, 1, 0)}, false, loadNotReproduced, "reconnect took 1 replies", 1},
		{"a cure that fails", []loadRow{row(naive, 1000, 10, 400, 10), row(reconnect, 1000, 10, 1, 10)}, false, loadNotReproduced, "reconnect took 1 replies", 1},
		{"interrupted", []loadRow{row(naive, 1000, 10, 400, 10)}, true, loadInconclusive, "interrupted", 3},
		{"interrupted at once", nil, true, loadInconclusive, "interrupted", 3},
	} {
		r := newLoadReport(&loadOptions{network: journal.HostNet, family: journal.IPv4})
		r.Policies, r.Interrupted = append(r.Policies, tt.rows...), tt.interrupted
		r.conclude()
		schematest.Fits(t, "load", r)
		if r.Outcome != tt.outcome || !strings.Contains(r.Why, tt.why) || r.exit() != tt.exit {
			t.Errorf("%s: %s, %q, exit %d; want %s, … %s …, %d", tt.name, r.Outcome, r.Why, r.exit(), tt.outcome, tt.why, tt.exit)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestLatency(t *testing.T) {
	for ns, want := range map[int64]string{0: "0s", 999: "999ns", 123_456: "123µs", 200_999_999: "201ms", 1_234_567_890: "1.23s"} {
		if got := latency(ns); got != want {
			t.Errorf("%d: %s, want %s", ns, got, want)
		}
	}
}
