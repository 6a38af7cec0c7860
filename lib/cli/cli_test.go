package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// comesOut is a rule that comes to a verdict whatever the journal.
func comesOut(v claim.Verdict, because string) claim.Rule {
	return claim.Once(func(c *claim.Case) { decide(c, v, because) })
}

// decide comes to a verdict.
func decide(c *claim.Case, v claim.Verdict, because string) {
	c.Given(v != claim.Inconclusive, "%s", because)
	c.Expect(v != claim.Refuted, "%s", because)
	c.Holds("%s", because)
}

// fakeProgram is a binary whose scenarios do nothing and come out as their
// names say, and whose one command prints what it was given.
func fakeProgram() *Program {
	c := &claim.Claim{
		ID: "XX1", Statement: "x is y", Source: "a test", Quantity: claim.Can,
		Rule: comesOut(claim.Inconclusive, "nothing was tried"),
	}
	named := func(name string, rule claim.Rule) scenario.Scenario {
		return scenario.Scenario{
			Name: name, Title: "comes out " + name, Networks: []journal.Network{journal.HostNet}, Hosts: []string{"a"}, Steps: idle,
			Phenomenon: claim.Phenomenon{Rule: rule},
			Claims:     []*claim.Claim{c},
		}
	}
	wired := named("wired", comesOut(claim.Confirmed, "it did"))
	wired.Networks, wired.NoHost = []journal.Network{journal.Wire}, "it sets things"
	return &Program{
		Name: "fake", Summary: "nothing at all",
		Scenarios: []scenario.Scenario{
			named("yes", comesOut(claim.Confirmed, "it did")),
			named("no", comesOut(claim.Refuted, "it did not")),
			named("unclear", comesOut(claim.Inconclusive, "who knows")),
			wired,
		},
		Flags: []cli.Flag{Number("port", "aim at port `N`", "", 1, 65535)},
		Commands: []Command{{
			Name: "echo", Usage: "say what was given", ArgsUsage: "[word ...]",
			Flags: []cli.Flag{
				Number("times", "a number from 1 to 9", "1", 1, 9),
				&cli.BoolFlag{Name: "loud", Usage: "shout"},
			},
			Accepts: []string{"format", "color", "6"},
			Do: func(c *Context) (int, error) {
				fmt.Fprintf(c.Out, "%q times=%s loud=%v format=%s 6=%v\n", c.Args, c.String("times"), c.Bool("loud"), c.Format(), c.Bool("6"))
				return 0, nil
			},
		}},
	}
}

func idle(*scenario.T) {}

// call runs the fake program as a shell would.
func call(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return callProgram(t, fakeProgram(), args...)
}

func callProgram(t *testing.T, p *Program, args ...string) (code int, out, errs string) {
	t.Helper()
	stdout, stderr := scratch(t), scratch(t)
	code = Main(p, append([]string{p.Name}, args...), stdout, stderr)
	return code, content(t, stdout), content(t, stderr)
}

// scratch is an empty file, gone after the test.
func scratch(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	wantRepeat  = "want a whole number from 1 to 1000000"
	wantTimeout = "want a duration longer than 0, like 10s, 500ms or 2m"
)

// badUsage is what a mistake is answered with.
var badUsage = []struct {
	args string
	want []string // in the line, in this order
}{
	{"sideways", []string{`unknown scenario or command "sideways"`, "yes, no, unclear, wired, all", "list, check, verify, diff, echo"}},
	{"yes sideways", []string{`"sideways"`, "yes, no, unclear, wired, all"}},
	{"all list", []string{`"list"`}},
	{"-- --format", []string{`unknown scenario or command "--format"`}},
	{"-", []string{`"-"`}},
	{"yes -4 -6", []string{"flags -4 and -6 exclude each other", "give one"}},
	{"-6 yes -4", []string{"flags -4 and -6 exclude each other", "give one"}},
	{"--quiet --verbose", []string{"flags --quiet and --verbose exclude each other", "give one"}},
	{"--prot 80", []string{`unknown flag "--prot"; accepted: `, "--format", "--port", `. Did you mean "--port"?`}},
	{"lst", []string{`unknown scenario or command "lst"; scenarios: yes`, `. Did you mean "list"?`}},
	{"wird", []string{`unknown scenario or command "wird"; `, `. Did you mean "wired"?`}},
	{"help lst", []string{`no help on "lst"; commands: list`, `. Did you mean "list"?`}},
	{"--net -- yes", []string{`flag "--net" needs a value`}},
	{"-- list", []string{`"list" is a command, and goes first`}},
	{"-format-json", []string{`unknown flag "--format-json"`, "accepted: "}},
	{"yes -x", []string{`unknown flag "-x"`, "accepted: "}},
	{"---format json", []string{`unknown flag "---format"`, "accepted: "}},
	{"-46", []string{`unknown flag "--46"`, "accepted: "}},
	{"--=x", []string{`unknown flag "--=x"`, "accepted: "}},
	{"yes --net", []string{`flag "--net" needs a value`, "wire, loopback or host"}},
	{"yes --format", []string{`flag "--format" needs a value`, "text, json, jsonl, markdown, html or tap"}},
	{"yes --timeout", []string{`flag "--timeout" needs a value`}},
	{"echo --times", []string{`flag "--times" needs a value`, "from 1 to 9"}},
	{"--net moon", []string{`flag "--net": value "moon"`, "want wire, loopback or host"}},
	{"--net=", []string{`flag "--net": value ""`, "want wire, loopback or host"}},
	{"yes --net -6", []string{`flag "--net": value "-6"`, "want wire, loopback or host"}},
	{"--net --quiet", []string{`flag "--net": value "--quiet"`, "want wire, loopback or host"}},
	{"--format xml", []string{`flag "--format": value "xml"`, "want text, json, jsonl, markdown, html or tap"}},
	{"--format=JSON", []string{`flag "--format": value "JSON"`, "want text, json, jsonl, markdown, html or tap"}},
	{"--color maybe", []string{`flag "--color": value "maybe"`, "want auto, always or never"}},
	{"--repeat 0", []string{`flag "--repeat": value "0"`, wantRepeat}},
	{"--repeat -1", []string{`flag "--repeat": value "-1"`, wantRepeat}},
	{"--repeat 1.5", []string{`flag "--repeat": value "1.5"`, wantRepeat}},
	{"--repeat 1000001", []string{`flag "--repeat": value "1000001"`, wantRepeat}},
	{"--repeat 99999999999999999999", []string{`flag "--repeat": value "99999999999999999999"`, wantRepeat}},
	{"--timeout 10", []string{`flag "--timeout": value "10"`, wantTimeout}},
	{"--timeout 0s", []string{`flag "--timeout": value "0s"`, wantTimeout}},
	{"--timeout -1s", []string{`flag "--timeout": value "-1s"`, wantTimeout}},
	{"--timeout soon", []string{`flag "--timeout": value "soon"`, wantTimeout}},
	{"--port 70000", []string{`flag "--port": value "70000"`, "want a whole number from 1 to 65535"}},
	{"--quiet=perhaps", []string{`flag "--quiet": value "perhaps"`, "takes none"}},
	{"-6=perhaps", []string{`flag "-6": value "perhaps"`, "takes none"}},
	{"yes --times 2", []string{`flag "--times"`, "echo"}},
	{"list --loud", []string{`flag "--loud"`, "echo"}},
	{"--times 2 list", []string{`flag "--times"`, "echo"}},
	{"echo --times 10", []string{`flag "--times": value "10"`, "from 1 to 9"}},
	{"list --repeat 2", []string{`flag "--repeat" means nothing to the command "list"`, "accepted: --format --color"}},
	{"--net host list", []string{`flag "--net" means nothing to the command "list"`, "accepted: --format --color"}},
	{"echo -4", []string{`flag "-4" means nothing to the command "echo"`, "accepted: --times --loud --format -6 --color"}},
	{"list --port 80", []string{`flag "--port" means nothing to the command "list"`, "accepted: --format --color"}},
	{"check --timeout 1s", []string{`flag "--timeout" means nothing to the command "check"`, "accepted: --format --color"}},
	{"list --version", []string{`flag "--version" means nothing to the command "list"`}},
	{"list yes", []string{`list: argument "yes"`, "takes none"}},
	{"check yes", []string{`check: argument "yes"`, "takes none"}},
	{"list --format", []string{`flag "--format" needs a value: what stdout gets: text or json (text)`}},
	{"verify --format tap", []string{`verify: flag "--format": value "tap"`, "want text, json, markdown or html"}},
	{"verify --format jsonl x.zip", []string{`verify: flag "--format": value "jsonl"`, "want text, json, markdown or html"}},
	{"verify --verbose x.zip", []string{`verify: flag "--verbose" is for the report of one bundle: give --format text too`}},
	{"verify --verbose --format html x.zip", []string{`verify: flag "--verbose" is for the report of one bundle`}},
	{"verify --verbose --format text x.zip y.zip", []string{`verify: flag "--verbose" is for the report of one bundle`}},
	{"verify --quiet --verbose x.zip", []string{"flags --quiet and --verbose exclude each other"}},
	{"verify --quiet --format json x.zip", []string{`verify: flag "--quiet" means nothing to --format json: want --format text, or none`}},
	{"list --format tap", []string{`list: flag "--format": value "tap"`, "want text or json"}},
	{"help sideways", []string{`no help on "sideways"`, "list, check, verify, diff, echo"}},
}

// TestBadUsage: status 2, nothing on stdout, one line on stderr that names the
// flag or argument, the value, and what is accepted.
func TestBadUsage(t *testing.T) {
	for _, tt := range badUsage {
		code, out, errs := call(t, strings.Fields(tt.args)...)
		if code != ExitUsage || out != "" {
			t.Errorf("%s: exit %d, stdout %q", tt.args, code, out)
		}
		if !strings.HasPrefix(errs, "fake: ") || strings.Count(errs, "\n") != 1 || !strings.HasSuffix(errs, "\n") {
			t.Errorf("%s: stderr %q is not one line of the program's", tt.args, errs)
		}
		rest := errs
		for _, w := range tt.want {
			i := strings.Index(rest, w)
			if i < 0 {
				t.Errorf("%s: stderr %q, want … %s …", tt.args, errs, w)
				break
			}
			rest = rest[i+len(w):]
		}
	}
}

// TestArgumentsCannotForgeLines: what is repeated on stderr is printable.
func TestArgumentsCannotForgeLines(t *testing.T) {
	for _, arg := range []string{"x\ny", "x\x1b[2Jy", "\xff", "--x\ny", "--net=a\nb", "--net=\x1b]0;x\x07"} {
		code, out, errs := call(t, arg)
		if code != ExitUsage || out != "" || strings.Count(errs, "\n") != 1 || strings.ContainsAny(errs, "\x1b\x07") || !utf8.ValidString(errs) {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", arg, code, out, errs)
		}
	}
}

// TestFlagsAnywhere: before the command and after it, with = and without, with
// one dash and with two; after "--" nothing is a flag.
func TestFlagsAnywhere(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"echo", `[] times=1 loud=false format=text 6=false`},
		{"echo a b", `["a" "b"] times=1 loud=false format=text 6=false`},
		{"echo --format json a", `["a"] times=1 loud=false format=json 6=false`},
		{"--format json echo a", `["a"] times=1 loud=false format=json 6=false`},
		{"echo a --format json", `["a"] times=1 loud=false format=json 6=false`},
		{"-format=json echo a", `["a"] times=1 loud=false format=json 6=false`},
		{"--format json --format jsonl echo", `[] times=1 loud=false format=jsonl 6=false`},
		{"--times 2 echo --loud a -6 b", `["a" "b"] times=2 loud=true format=text 6=true`},
		{"echo a --times=3", `["a"] times=3 loud=false format=text 6=false`},
		{"--loud=false echo", `[] times=1 loud=false format=text 6=false`},
		{"echo -- CMD --format y", `["CMD" "--format" "y"] times=1 loud=false format=text 6=false`},
		{"echo a --format json -- CMD --format y -- -6", `["a" "CMD" "--format" "y" "--" "-6"] times=1 loud=false format=json 6=false`},
		{"echo echo list", `["echo" "list"] times=1 loud=false format=text 6=false`},
		{"echo --", `[] times=1 loud=false format=text 6=false`},
		{"echo -", `["-"] times=1 loud=false format=text 6=false`},
	} {
		code, out, errs := call(t, strings.Fields(tt.args)...)
		if code != 0 || errs != "" || out != tt.want+"\n" {
			t.Errorf("%s: exit %d\n%swant %s\nstderr %q", tt.args, code, out, tt.want, errs)
		}
	}
}

// TestListIsTheSameEitherWay: design.md's own examples.
func TestListIsTheSameEitherWay(t *testing.T) {
	_, before, _ := call(t, "--format", "json", "list")
	code, after, errs := call(t, "list", "--format", "json")
	if code != 0 || errs != "" || before != after || !strings.HasPrefix(after, "{") {
		t.Errorf("exit %d, stderr %q\n%s\n%s", code, errs, before, after)
	}
}

func TestHelp(t *testing.T) {
	for args, want := range map[string][]string{
		"help":        {"fake - nothing at all\n", "Scenarios (all: every one", "     yes ", "Exit status: 0 reproduced", "\nCOMMANDS:\n", "  echo ", "\nGLOBAL OPTIONS:\n", "  --port N "},
		"--help":      {"fake - nothing at all\n"},
		"-h":          {"fake - nothing at all\n"},
		"yes -h":      {"fake - nothing at all\n"},
		"help echo":   {"fake echo - say what was given\n", "fake echo [command options] [word ...]", "  --times ", "  --format "},
		"echo --help": {"fake echo - say what was given\n"},
		"--help echo": {"fake echo - say what was given\n"},
		"help list":   {"fake list - ", "Exit status: 0 listed", "Examples:\n     fake list", "  --format value  what stdout gets: text or json (default: text)\n"},
		"help check":  {"3 none can", "Examples:\n     fake check", "what stdout gets: text or json (default: text)\n"},
		"help verify": {"1 it does not", "  fake verify report.zip ", "text, json, markdown or html", "  --quiet         the first line"},
		"help diff":   {"1 different", "  fake diff before.zip after.zip ", "what stdout gets: text or json (default: text)\n"},
	} {
		code, out, errs := call(t, strings.Fields(args)...)
		if code != 0 || errs != "" {
			t.Errorf("%s: exit %d, stderr %q", args, code, errs)
		}
		for _, w := range want {
			if !strings.Contains(out, w) && !strings.Contains(strings.Join(strings.Fields(out), " "), w) { // lines are wrapped
				t.Errorf("%s: no %q in\n%s", args, w, out)
			}
		}
	}
	if _, out, _ := call(t, "help", "echo"); strings.Contains(out, "--repeat") {
		t.Errorf("help of echo shows a flag that it does not accept:\n%s", out)
	}
}

func TestVersion(t *testing.T) {
	for _, args := range []string{"--version", "yes --version", "--version --net host no"} {
		code, out, errs := call(t, strings.Fields(args)...)
		if code != 0 || errs != "" || !strings.HasPrefix(out, "fake devel (") || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, stderr %q", args, code, out, errs)
		}
	}
}

// TestReservedNames: the shared commands are among the names that no scenario may
// have (the programs' own tests ask it of their scenarios).
func TestReservedNames(t *testing.T) {
	reserved := map[string]bool{}
	for _, n := range Reserved {
		reserved[n] = true
	}
	for _, n := range []string{"list", "check", "help"} {
		if !reserved[n] {
			t.Errorf("%s is not reserved", n)
		}
	}
}
