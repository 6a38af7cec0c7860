package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
	"sockproof/lib/live"
)

func TestScanBadUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"8080", `unknown command "8080"; commands: port, resets`},
		{"--fail-over x", `flag "--fail-over": value "x": want a whole number from 0 to 1000000000`},
		{"--fail-over -1", `flag "--fail-over": value "-1": want a whole number from 0 to 1000000000`},
		{"--netns /x --netns-of 1", "flags --netns and --netns-of exclude each other: give one"},
		{"--netns=", `flag "--netns": value "": want a name, or a path like /run/netns/NAME or /proc/PID/ns/net`},
		{"--netns-of 0", `flag "--netns-of": value "0": want a whole number from 1 to 1000000000`},
		{"--every 5", `flag "--every": value "5": want a duration longer than 0, like 10s, 500ms or 2m`},
		{"--every -5s", `flag "--every": value "-5s": want a duration longer than 0, like 10s, 500ms or 2m`},
		{"--every 0s", `flag "--every": value "0s": want a duration longer than 0, like 10s, 500ms or 2m`},
		{"--every=", `flag "--every": value "": want a duration longer than 0, like 10s, 500ms or 2m`},
		{"--every 5s --times 0", `flag "--times": value "0": want a whole number from 1 to 1000000000`},
		{"--every 5s --times many", `flag "--times": value "many": want a whole number from 1 to 1000000000`},
		{"--times 3", `flag "--times": value "3": it ends --every, which is not given`},
		{"--format jsonl", `flag "--format": value "jsonl": want text or json`},
		{"--every 1s --format markdown", `flag "--format": value "markdown": want text or json`},
		{"--repeat 2", `unknown flag "--repeat"; accepted: --netns --netns-of --fail-over --every --times --format --color --version. Did you mean "--format"?`},
	} {
		code, out, errs := command(t, "", strings.Fields(tt.args)...)
		if code != 2 || out != "" || errs != "sockscan: "+tt.want+"\n" {
			t.Errorf("scan %s: exit %d\nstdout %q\nstderr %q\n  want %q", tt.args, code, out, errs, tt.want)
		}
	}
}

// scanFake is a watch over scans that a test makes up; once they are all made
// it is interrupted.
func scanFake(t *testing.T, format string, limit live.Limit, scans ...func() (*stuckTally, bool, error)) (w *scanWatch, out *strings.Builder) {
	t.Helper()
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.String("format", format, "")
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	out = &strings.Builder{}
	n := 0
	return &scanWatch{
		Context: &cli.Context{Ctx: ctx, Context: urfave.NewContext(nil, set, nil), Out: out},
		options: live.Options{Limit: limit, Place: live.Place{PID: 4}},
		scan: func() (*stuckTally, bool, error) {
			n++
			if n == len(scans) {
				cancel()
			}
			return scans[n-1]()
		},
	}, out
}

// scanFound is a scan that finds so many leaked sockets.
func scanFound(n int) func() (*stuckTally, bool, error) {
	return func() (*stuckTally, bool, error) { return scanCounts(0, map[string]int{"192.0.2.9:80": n}), true, nil }
}

func scanGaps() (*stuckTally, bool, error) { return scanCounts(0, nil), false, nil }

var errScanBroken = errors.New("broken")

func scanBroken() (*stuckTally, bool, error) { return nil, false, errScanBroken }

func TestScanExit(t *testing.T) {
	type scans []func() (*stuckTally, bool, error)
	for _, tt := range []struct {
		name  string
		limit live.Limit
		scans scans
		want  int
		err   error
	}{
		{"no limit", live.NoLimit, scans{scanFound(3)}, 0, nil},
		{"within the limit", 3, scans{scanFound(3)}, 0, nil},
		{"above the limit", 2, scans{scanFound(3)}, 1, nil},
		{"gaps", live.NoLimit, scans{scanGaps}, 0, live.ErrIncomplete},
		{"gaps, and a limit", 0, scans{scanGaps}, 3, live.ErrIncomplete},
		{"broken", live.NoLimit, scans{scanBroken}, 3, errScanBroken},
		{"above the limit once", 2, scans{scanFound(1), scanFound(3), scanFound(1)}, 1, nil},
		{"never above", 2, scans{scanFound(1), scanFound(2)}, 0, nil},
		{"broken after", 2, scans{scanFound(1), scanBroken}, 3, errScanBroken},
		{"above, then broken", 2, scans{scanFound(3), scanBroken}, 1, errScanBroken},
	} {
		w, _ := scanFake(t, "text", tt.limit, tt.scans...)
		got, err := w.rounds(scanEvery{interval: time.Nanosecond})
		if got != tt.want || !errors.Is(err, tt.err) || tt.err == nil && err != nil {
			t.Errorf("%s: exit %d, %v; want %d, %v", tt.name, got, err, tt.want, tt.err)
		}
		if len(tt.scans) > 1 {
			continue
		}
		w, _ = scanFake(t, "text", tt.limit, tt.scans...)
		if got, err := w.once(); got != tt.want || !errors.Is(err, tt.err) || tt.err == nil && err != nil {
			t.Errorf("%s, once: exit %d, %v; want %d, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

// The first round is a scan, each other what has changed since the one before.
func TestScanRounds(t *testing.T) {
	w, out := scanFake(t, "text", live.NoLimit, scanFound(2), scanFound(5), scanFound(5), scanFound(4))
	if code, err := w.rounds(scanEvery{interval: time.Nanosecond}); code != 0 || err != nil {
		t.Fatalf("exit %d, %v", code, err)
	}
	blocks := strings.Split(out.String(), "\n\n")
	if len(blocks) != 5 || !strings.Contains(blocks[0], "2 sockets are stuck") || !strings.HasPrefix(blocks[1], "CLOSE_WAIT 2: ") {
		t.Fatalf("%q", blocks)
	}
	for i, want := range []string{"5 sockets are stuck|CLOSE_WAIT, leaked: +3, now 5", "5 sockets are stuck|as before", "4 sockets are stuck|-1  to 192.0.2.9:80, now 4"} {
		for _, part := range strings.Split(want, "|") {
			if !strings.Contains(blocks[i+2], part) {
				t.Errorf("round %d: %q, want %q", i+2, blocks[i+2], part)
			}
		}
	}
}

// A document a line, each whole; and --times ends it.
func TestScanRoundsJSON(t *testing.T) {
	w, out := scanFake(t, "json", live.NoLimit, scanFound(2), scanFound(5), scanFound(7))
	if code, err := w.rounds(scanEvery{interval: time.Nanosecond, times: 2}); code != 0 || err != nil {
		t.Fatalf("exit %d, %v", code, err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, stuck := range []int{2, 5} {
		var r scanReport
		if err := json.Unmarshal([]byte(lines[i]), &r); err != nil {
			t.Fatal(err)
		}
		if r.Schema != scanSchema || r.Round != i+1 || r.At == nil || r.Stuck != stuck || r.Namespace != "the network namespace of process 4" || len(r.Kinds) != 1 || len(r.Changes) != i {
			t.Errorf("%+v", r)
		}
		if i == 1 && (r.Changes[0].Was != 2 || r.Changes[0].Now != 5 || r.Changes[0].Programs[0].Program != "app") {
			t.Errorf("%+v", r.Changes)
		}
	}
}
