package cli

import (
	"encoding/json"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// TestExitStatus: 0 every scenario reproduced, 1 at least one not, 3 none
// failed but at least one inconclusive; under tap that is no failure.
func TestExitStatus(t *testing.T) {
	for _, tt := range []struct {
		args string
		want int
		last string // of stdout, quiet
	}{
		{"", 0, "yes reproduced: it did"},
		{"yes", 0, "yes reproduced: it did"},
		{"no", 1, "no not reproduced: it did not"},
		{"unclear", 3, "unclear inconclusive: who knows"},
		{"yes no", 1, "2 runs: 1 reproduced, 1 not reproduced"},
		{"yes unclear", 3, "2 runs: 1 reproduced, 1 inconclusive"},
		{"no unclear", 1, "2 runs: 1 not reproduced, 1 inconclusive"},
		{"unclear no yes", 1, "3 runs: 1 reproduced, 1 not reproduced, 1 inconclusive"},
		{"wired", 3, "wired inconclusive: wired cannot run on the network"},
		{"all", 1, "3 runs: 1 reproduced, 1 not reproduced, 1 inconclusive"}, // wired is not asked for,
		{"yes yes --repeat 2", 0, "4 runs: 4 reproduced"},
	} {
		code, out, errs := call(t, append(strings.Fields(tt.args), "--net", "host", "--quiet")...)
		if code != tt.want || errs != "" || strings.Count(out, "\n") != 1 || !strings.Contains(out, tt.last) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q; want %d, %q", tt.args, code, out, errs, tt.want, tt.last)
		}
	}
	for args, want := range map[string]int{"unclear": 0, "yes unclear": 0, "no unclear": 1, "no": 1} {
		if code, out, _ := call(t, append(strings.Fields(args), "--net", "host", "--format", "tap")...); code != want {
			t.Errorf("%s --format tap: exit %d, want %d\n%s", args, code, want, out)
		}
	}
}

// TestFamily: a run is on the family that was asked for.
func TestFamily(t *testing.T) {
	for flag, want := range map[string]struct {
		family journal.Family
		local  string
	}{"-4": {journal.IPv4, "127.0.0.1:0"}, "-6": {journal.IPv6, "[::1]:0"}} {
		t.Run(string(want.family), func(t *testing.T) {
			l, err := net.Listen("tcp", want.local)
			if err != nil {
				t.Skipf("skip: %v", err)
			}
			defer l.Close()
			code, doc := documentOf(t, fakeProgram(), "yes", flag)
			if code != 0 || len(doc.Runs) != 1 || doc.Runs[0].Family != want.family {
				t.Errorf("exit %d, %+v", code, doc.Runs)
			}
		})
	}
}

// documentOf runs the program with --format json.
func documentOf(t *testing.T, p *Program, args ...string) (code int, doc struct {
	Tally map[string]int
	Runs  []struct {
		Run           int
		Scenario, Why string
		Outcome       claim.Outcome
		Network       journal.Network
		Family        journal.Family
		Events        []struct{ N int }
	}
},
) {
	t.Helper()
	code, out, errs := callProgram(t, p, append(args, "--net", "host", "--format", "json")...)
	if err := json.Unmarshal([]byte(out), &doc); err != nil || errs != "" {
		t.Fatalf("%v: %v, stderr %q\n%s", args, err, errs, out)
	}
	return code, doc
}

// TestRepeatKeepsTheFirstOfEachOutcome: the tally counts all, and numbers are
// unique in the document.
func TestRepeatKeepsTheFirstOfEachOutcome(t *testing.T) {
	p := fakeProgram()
	runs := 0
	p.Scenarios[0].Phenomenon.Rule = claim.Once(func(c *claim.Case) {
		runs++
		switch {
		case runs == 3:
			decide(c, claim.Refuted, "the third did not")
		case runs > 5:
			decide(c, claim.Inconclusive, "the later ones do not know")
		}
		decide(c, claim.Confirmed, "this one did")
	})
	p.Scenarios[0].Steps = func(t *scenario.T) { t.Note("a step") }
	code, doc := documentOf(t, p, "yes", "--repeat", "9")
	if code != ExitNotReproduced {
		t.Errorf("exit %d", code)
	}
	if doc.Tally["reproduced"] != 4 || doc.Tally["not_reproduced"] != 1 || doc.Tally["inconclusive"] != 4 {
		t.Errorf("tally %v", doc.Tally)
	}
	var kept []int
	last := 0
	for _, r := range doc.Runs {
		kept = append(kept, r.Run)
		if r.Family != journal.IPv4 || r.Network != journal.HostNet {
			t.Errorf("run %d on %s, %s", r.Run, r.Network, r.Family)
		}
		for _, e := range r.Events {
			if e.N <= last {
				t.Errorf("event %d after event %d", e.N, last)
			}
			last = e.N
		}
	}
	if !slices.Equal(kept, []int{1, 3, 6}) {
		t.Errorf("kept runs %v, want 1, 3 and 6", kept)
	}
}

// TestFlagsReachTheRun: an own flag's value, wherever it stands.
func TestFlagsReachTheRun(t *testing.T) {
	for _, args := range []string{"--port 80 yes", "yes --port 80", "yes --port=80", "--port 1 yes --port 80"} {
		p, got := fakeProgram(), ""
		p.Scenarios[0].Steps = func(t *scenario.T) { got = t.Option("port") }
		if code, _ := documentOf(t, p, strings.Fields(args)...); code != 0 || got != "80" {
			t.Errorf("%s: exit %d, port %q", args, code, got)
		}
	}
	p, got := fakeProgram(), "?"
	p.Scenarios[0].Steps = func(t *scenario.T) { got = t.Option("port") }
	if documentOf(t, p, "yes"); got != "" {
		t.Errorf("port %q though none was given", got)
	}
}

// TestTimeoutIsInconclusive, and names the flag.
func TestTimeoutIsInconclusive(t *testing.T) {
	code, doc := documentOf(t, fakeProgram(), "yes", "--timeout", "1ns")
	if code != ExitInconclusive || doc.Runs[0].Outcome != claim.OutcomeUnresolved || doc.Runs[0].Why != "time ran out: --timeout 1ns" {
		t.Errorf("exit %d, %+v", code, doc.Runs[0])
	}
}

// everyOutput is each way of printing to stdout.
var everyOutput = []string{
	"yes --net host", "no --net host --quiet", "yes --net host --format json", "unclear --net host --format jsonl",
	"yes --net host --format markdown", "yes --net host --format tap", "list", "list --format json", "help", "help echo", "--version", "echo",
}

// TestNobodyReads: a closed pipe ends the program in silence.
func TestNobodyReads(t *testing.T) {
	for _, args := range everyOutput {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		stderr := scratch(t)
		code := Main(fakeProgram(), append([]string{"fake"}, strings.Fields(args)...), w, stderr)
		w.Close()
		if errs := content(t, stderr); code != 141 || errs != "" {
			t.Errorf("%s: exit %d, stderr %q", args, code, errs)
		}
	}
}

// TestNothingCanBeWritten: a full disk is said, on one line, and is status 3.
func TestNothingCanBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("skip: %v", err)
	}
	defer full.Close()
	for _, args := range everyOutput {
		stderr := scratch(t)
		code := Main(fakeProgram(), append([]string{"fake"}, strings.Fields(args)...), full, stderr)
		errs := content(t, stderr)
		if code != ExitInconclusive || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "no space left on device") {
			t.Errorf("%s: exit %d, stderr %q", args, code, errs)
		}
	}
}

// TestOutputEndsTheRun: once nobody can read the report, no more runs begin.
func TestOutputEndsTheRun(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	p, played := fakeProgram(), 0
	p.Scenarios[0].Steps = func(*scenario.T) { played++ }
	code := Main(p, []string{"fake", "--net", "host", "--repeat", "1000", "--format", "jsonl"}, w, scratch(t))
	if code != 141 || played > 1 {
		t.Errorf("exit %d after %d runs", code, played)
	}
}
