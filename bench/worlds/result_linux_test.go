package main

import (
	"os/exec"
	"strings"
	"testing"
)

// exits is what a command that exits so leaves.
func exits(t *testing.T, how string) error {
	t.Helper()
	err := exec.Command("sh", "-c", how).Run()
	if err == nil {
		t.Fatalf("%s: no error", how)
	}
	return err
}

func TestJudge(t *testing.T) {
	report := `{"runs": [{"scenario": "direct", "outcome": "inconclusive", "why": "no TUN", "sockets": [%s], "findings": []}]}`
	began := strings.Replace(report, "%s", `{"id": "a1"}`, 1)
	empty := strings.Replace(report, "%s", "", 1)
	for _, test := range []struct {
		name, stdout, stderr string
		ended                error
		failed, absent       bool
	}{
		{"a report", began, "", exits(t, "exit 3"), false, false},
		{"ended before it began", empty, "", exits(t, "exit 3"), false, true},
		{"says that it can't", "", "selfconnect: no namespace", exits(t, "exit 3"), false, true},
		{"a panic", "", "panic: slice bounds out of range", exits(t, "exit 2"), true, false},
		{"killed", "", "", exits(t, "kill -9 $$"), true, false},
		{"half a report", began[:20], "", exits(t, "exit 3"), true, false},
		{"nothing, and content", "", "", nil, true, false},
	} {
		r := judge([]byte(test.stdout), test.stderr, test.ended, nil)
		if (r.failure != "") != test.failed || (r.absent != "") != test.absent {
			t.Errorf("%s: failure %q, absent %q", test.name, r.failure, r.absent)
		}
	}
}

func TestMatched(t *testing.T) {
	ruleset := `table inet world {
	chain c {
		type filter hook input priority filter; policy accept;
		tcp flags rst counter packets 12 bytes 480 drop
		tcp flags fin counter packets 3 bytes 120 drop
	}
}`
	if n := matched(ruleset); n != 15 {
		t.Errorf("%d packets, want 15", n)
	}
	if n := matched(""); n != 0 {
		t.Errorf("%d packets in nothing", n)
	}
}
