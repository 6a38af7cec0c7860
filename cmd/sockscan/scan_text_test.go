package main

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/live"
)

var scanUpdate = flag.Bool("scan-update", false, "write testdata/scan*.txt")

// scanGolden compares text with a file.
func scanGolden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *scanUpdate {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

// scanEverything is a tally with something of everything.
func scanEverything() *stuckTally {
	t := &stuckTally{notVisible: 3, whyNot: "run as root", whyNoMPTCP: "this kernel has none"}
	v := scanServices("192.0.2.1:8080")
	add := func(n int, s stuckSocket, local, remote string, owner live.Owner, shared bool) {
		for range n {
			a := scanSocket(local, remote)
			t.add(&s, v.remoteOf(&a))
			if owner.PID > 0 {
				t.addOwner(&s, owner, shared)
			}
		}
	}
	const hour = 3_600_000
	leak := stuckSocket{kind: stuckLeaked, endRead: true, age: stuckAge{since(15_000), since(3*hour + 120_000)}}
	add(1150, leak, "192.0.2.1:33000", "192.0.2.9:5432", live.Owner{PID: 812, Program: "py\x1b[2Jthon\n3"}, false)
	leak = stuckSocket{kind: stuckLeaked, age: stuckAge{since(59_999), since(59_999)}, unread: 5, mptcp: true}
	add(3, leak, "192.0.2.1:8080", "192.0.2.7:33000", live.Owner{PID: 90, Program: "java"}, true)
	add(3, leak, "192.0.2.1:8080", "192.0.2.8:33000", live.Owner{}, false)
	t.kinds[stuckLeaked].notVisible = 3
	add(2, stuckSocket{kind: stuckAnswerUnread, age: stuckAge{since(5_000), since(6_000)}, unacked: 400_000, unsent: 300_000, endRead: true}, "192.0.2.1:8080", "192.0.2.7:33001", live.Owner{PID: 90, Program: "java"}, false)
	add(1, stuckSocket{kind: stuckAnswering, age: stuckAge{since(5_000), since(6_000)}, unacked: 12, endRead: true}, "192.0.2.1:8080", "192.0.2.7:33002", live.Owner{PID: 90, Program: "java"}, false)
	for i := range 12 {
		s := stuckSocket{kind: stuckNeverAccepted, age: stuckAge{atLeast: since(999)}, unread: 100}
		remote := "[2001:db8::" + string(rune('1'+i%9)) + "]:" + string(rune('1'+i/9)) + "0000"
		add(13-i, s, "[2001:db8::1]:33000", remote, live.Owner{PID: 100 + i, Program: "worker"}, false)
	}
	add(1, stuckSocket{kind: stuckPeerUnread, age: stuckAge{since(7_000), since(8_000)}, unread: 9}, "192.0.2.1:33000", "192.0.2.9:80", live.Owner{PID: 7, Program: "curl"}, false)
	add(1, stuckSocket{kind: stuckPeerOpen, age: stuckAge{since(86_400_000), since(90_000_000)}}, "192.0.2.1:33000", "192.0.2.9:80", live.Owner{PID: 7}, false)
	add(2, stuckSocket{kind: stuckPeerOpenOrphan, orphan: true, leftMS: 58_500}, "192.0.2.1:33000", "192.0.2.9:80", live.Owner{}, false)
	add(1, stuckSocket{kind: stuckFinUnread, unacked: 3_782_144, unsent: 3_000_000}, "192.0.2.1:33000", "192.0.2.9:80", live.Owner{PID: 7, Program: "curl"}, false)
	add(1, stuckSocket{kind: stuckFinUnread, orphan: true}, "192.0.2.1:33000", "192.0.2.9:80", live.Owner{}, false)
	add(1, stuckSocket{kind: stuckLastAck, orphan: true, age: stuckAge{atMost: since(61_000)}}, "192.0.2.1:33000", "192.0.2.9:80", live.Owner{}, false)
	add(7310, stuckSocket{kind: stuckTimeWait, age: stuckAge{atLeast: since(30_000)}, leftMS: 59_999}, "192.0.2.1:8080", "192.0.2.9:33000", live.Owner{}, false)
	// As if there had been more groups than there is room for.
	t.kinds[stuckTimeWait].remotes.rest.add(&stuckSocket{leftMS: 100})
	t.kinds[stuckTimeWait].sockets++
	for _, g := range t.kinds[stuckTimeWait].remotes.by {
		g.atLeast = true
	}
	return t
}

func TestScanText(t *testing.T) {
	var b strings.Builder
	scanEverything().report().write(&b)
	scanGolden(t, "scan.txt", b.String())
	if strings.ContainsAny(b.String(), "\x1b") || strings.Count(b.String(), "py") != 1 {
		t.Error("a program's name acts upon the terminal, or breaks a line")
	}
	for _, tt := range []struct {
		r    scanReport
		want string
	}{
		{scanReport{}, "no socket is stuck, none in TIME_WAIT\n"},
		{scanReport{Namespace: "the network namespace of process 4", Notes: []string{"no MPTCP sockets: x"}}, "no socket is stuck, none in TIME_WAIT in the network namespace of process 4\nno MPTCP sockets: x\n"},
		{scanReport{Stuck: 1, TimeWait: 1}, "1 socket is stuck, 1 in TIME_WAIT\n"},
		{scanReport{Stuck: 1000, TimeWait: 1000}, "1,000 sockets are stuck, 1,000 in TIME_WAIT\n"},
	} {
		b.Reset()
		if tt.r.write(&b); b.String() != tt.want {
			t.Errorf("got  %q\nwant %q", b.String(), tt.want)
		}
	}
}

// What JSON says is what the text was written from.
func TestScanJSON(t *testing.T) {
	r := scanEverything().report()
	r.Changes = scanEverything().changes(&stuckTally{})
	document, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back scanReport
	if err := json.Unmarshal(document, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, &back, cmp.AllowUnexported(scanKind{}, scanProgram{}, scanRemote{}, scanRest{}, scanChange{}, scanProgramMoved{}, scanRemoteMoved{})); d != "" {
		t.Errorf("(-written +read):\n%s", d)
	}
	var names map[string]any
	if err := json.Unmarshal(document, &names); err != nil {
		t.Fatal(err)
	}
	if names["schema"] != "sockproof/halfclose-scan/v1" || names["stuck"] != 1256.0 || names["time_wait"] != 7311.0 {
		t.Errorf("%v, %v stuck, %v in TIME_WAIT", names["schema"], names["stuck"], names["time_wait"])
	}
}

func TestScanTime(t *testing.T) {
	const second, hour = 1000, 3_600_000
	for ms, want := range map[uint32]string{
		0: "0ms", 999: "999ms", second: "1s", 59_999: "59s", 60 * second: "1m0s", 3_599 * second: "59m59s",
		hour: "1h0m", 24*hour - 1: "23h59m", 24 * hour: "1d0h", 1<<32 - 1: "49d17h",
	} {
		if got := scanTime(ms); got != want {
			t.Errorf("%d ms: %s, want %s", ms, got, want)
		}
	}
}

func TestScanCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := scanCount(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
