package journaltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sockproof/lib/journal"
)

// Scripts types the sessions at a terminal of testdata/script, in which the
// binary is a command: TestMain has to hand it to testscript.Main.
func Scripts(t *testing.T, binary string) {
	// Under the race detector a process would sleep a second before it ends.
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	missing := missingNetworks(t, binary)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", os.Getenv("GORACE"))
			for network, why := range missing {
				e.Setenv("MISSING_"+strings.ReplaceAll(network, "/", "_"), "skip: "+why)
			}
			return nil
		},
		Condition: func(c string) (bool, error) {
			network, ok := strings.CutPrefix(c, "net:")
			if !ok {
				return false, fmt.Errorf("unknown condition %q", c)
			}
			_, is := missing[network]
			return !is, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"field": field, "exits": exits, "interrupted": interrupted, "fills": fills, "unread": unread},
	})
}

// missingNetworks says which networks cannot be had here, and why, as the program
// itself found by trying. Their families are missing by names like host/ipv6; the host
// network is there where IPv4 is.
func missingNetworks(t *testing.T, binary string) map[string]string {
	t.Helper()
	out, err := exec.Command(binary, "check", "--format", "json").Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 2 {
		return withoutCheck() // it has no such command: it runs no scenarios
	}
	var r struct {
		Networks []struct {
			Network, Family, Reason string
			Available               bool
		}
	}
	if bad := json.Unmarshal(out, &r); bad != nil {
		t.Fatalf("%s check: %v, %v\n%s", binary, err, bad, out)
	}
	missing := map[string]string{}
	for _, n := range r.Networks {
		if !n.Available {
			missing[n.Network+"/"+n.Family] = n.Reason
			if n.Family == string(journal.IPv4) || missing[n.Network] == "" && n.Network != string(journal.HostNet) {
				missing[n.Network] = n.Reason
			}
		}
	}
	return missing
}

// withoutCheck says which families the host network has not got.
func withoutCheck() map[string]string {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return map[string]string{"host/ipv6": err.Error()}
	}
	_ = l.Close()
	return nil
}

// field checks one field of a JSON document: field FILE runs.0.outcome VALUE.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: field FILE PATH VALUE")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for step := range strings.SplitSeq(args[1], ".") {
		switch c := v.(type) {
		case map[string]any:
			v = c[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(c) {
				ts.Fatalf("%s: no %q among %d", args[1], step, len(c))
			}
			v = c[i]
		default:
			ts.Fatalf("%s: nothing below %q", args[1], step)
		}
	}
	if got := fmt.Sprint(v); (got == args[2]) == neg {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

// exits runs a command that must end with an exit status: exits 2 COMMAND ….
// What it printed is for stdout and stderr to check.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND ...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// interrupted runs a command until it is interrupted, which must end it with 130 and
// something said on stdout: interrupted PATTERN COMMAND …. One that had not come so
// far yet is given more time. What it printed is for stdout and stderr to check.
func interrupted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupted PATTERN COMMAND ...")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for wait := 250 * time.Millisecond; ; wait *= 2 {
		// The command alone gets the signal, not what it has started.
		err := ts.Exec("timeout", append([]string{"--foreground", "--preserve-status", "--signal", "INT", fmt.Sprint(wait.Seconds())}, args[1:]...)...)
		var exit *exec.ExitError
		is130 := errors.As(err, &exit) && exit.ExitCode() == 130
		if is130 && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if !is130 || wait > 10*time.Second {
			ts.Fatalf("interrupted after %v: %v; want exit status 130, and %q on stdout", wait, err, args[0])
		}
	}
}

// fills runs a command whose stdout takes nothing, /dev/full, and checks its
// exit status and stderr: fills STATUS STDERR COMMAND ….
func fills(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: fills STATUS STDERR COMMAND ...")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	ts.Check(err)
	defer full.Close()
	var errs strings.Builder
	cmd := exec.Command(args[2], args[3:]...)
	cmd.Stdout, cmd.Stderr = full, &errs
	_ = cmd.Run() // its status is what is checked
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
	if e := errs.String(); !strings.Contains(e, args[1]) || strings.Count(e, "\n") != 1 {
		ts.Fatalf("stderr %q, want one line with %q", e, args[1])
	}
}

// unread runs a command whose stdout nobody reads any more: it must end in
// silence with the status of SIGPIPE, as in a shell.
func unread(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: unread COMMAND ...")
	}
	r, w, err := os.Pipe()
	ts.Check(err)
	ts.Check(r.Close())
	defer w.Close()
	var errs strings.Builder
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = w, &errs
	_ = cmd.Run() // its status is what is checked
	if got := cmd.ProcessState.ExitCode(); got != 141 || errs.Len() > 0 {
		ts.Fatalf("exit status %d, stderr %q; want 141 and none", got, errs.String())
	}
}
