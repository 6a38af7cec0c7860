package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// runVictim runs the command and reads its JSON.
func runVictim(t *testing.T, args ...string) (code int, r victimReport) {
	t.Helper()
	code, out, errs := journaltest.Command(t, "lingerreset", victimCommand(), append([]string{"--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("exit %d, %v, stderr %q\n%s", code, err, errs, out)
	}
	return code, r
}

// TestVictims: every mode towards real programs: what the peer did, whose RST that
// was, and how the program ended.
func TestVictims(t *testing.T) {
	for name, tt := range map[string]victimCase{
		// A blocked write is told ECONNRESET first: yes says so, and exits.
		"rst, yes":   {[]string{"--", "yes"}, 0, "close() with SO_LINGER {1, 0}", "from the peer", "", 1, nil},
		"rst, cat":   {[]string{"--after-time", "50ms", "--", "cat"}, 0, "close() with SO_LINGER {1, 0}", "from the peer", "", 1, nil},
		"close, sh":  {[]string{"--mode", "close", "--", "sh", "-c", "echo a; sleep 0.3; echo b; sleep 0.1; echo c"}, 1, "shutdown(SHUT_RDWR) and close()", "from the peer", "SIGPIPE", 0, nil},
		"close, cat": {[]string{"--mode", "close", "--after-time", "50ms", "--", "cat"}, 0, "shutdown(SHUT_RDWR) and close()", "none was seen", "", 0, nil},
		"close, sh that ignores SIGPIPE": {[]string{"--mode", "close", "--", "sh", "-c", "trap '' PIPE; echo a; sleep 0.3; echo b; sleep 0.1; echo c 2>/dev/null; exit 7"}, 0, "shutdown(SHUT_RDWR) and close()", "from the peer", "", 7, func(t *testing.T, m *misbehaved) {
			if m.SIGPIPE != "ignore" {
				t.Errorf("SIGPIPE %q; want it ignored", m.SIGPIPE)
			}
		}},
		"close-unread, yes":   {[]string{"--mode", "close-unread", "--", "yes"}, 0, "bytes unread", "from the peer", "", 1, nil},
		"close-unread, sleep": {[]string{"--mode", "close-unread", "--after-time", "10ms", "--", "sleep", "1.5"}, 0, "nothing came that could be left unread", "none was seen", "", 0, nil},
		"shut-wr, sh": {[]string{"--mode", "shut-wr", "--after", "2", "--", "sh", "-c", "echo a; cat; echo bcd"}, 0, "shutdown(SHUT_WR)", "none was seen", "", 0, func(t *testing.T, m *misbehaved) {
			if m.ReadBefore != 2 || m.ReadAfter != 4 {
				t.Errorf("read %d bytes before and %d after; want 2 and 4", m.ReadBefore, m.ReadAfter)
			}
		}},
		"the program ends first":      {[]string{"--", "true"}, 0, "", "", "", 0, nil},
		"the program is killed first": {[]string{"--after", "100", "--", "sh", "-c", "kill -TERM $$"}, 1, "", "", "SIGTERM", 0, nil},
		"after so many bytes": {[]string{"--after", "100000", "--", "yes"}, 0, "close() with SO_LINGER {1, 0}", "from the peer", "", 1, func(t *testing.T, m *misbehaved) {
			if m.ReadBefore != 100000 {
				t.Errorf("read %d bytes; want 100000", m.ReadBefore)
			}
		}},
		"IPv6": {[]string{"-6", "--", "yes"}, 0, "close() with SO_LINGER {1, 0}", "from the peer, [::1]:", "", 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.check(t)
		})
	}
}

// victimCase is one run of the command, and what must be reported.
type victimCase struct {
	args   []string
	code   int
	did    string
	reset  string // where packets may be seen
	signal journal.Signal
	status int
	more   func(*testing.T, *misbehaved) // what else; may be nil
}

func (tt *victimCase) check(t *testing.T) {
	code, r := runVictim(t, tt.args...)
	if code != tt.code || len(r.Victims) != 1 {
		t.Fatalf("exit %d, %+v; want %d", code, r, tt.code)
	}
	m := &r.Victims[0]
	if !strings.Contains(m.Did, tt.did) || tt.did == "" && m.Did != "" || m.Signal != tt.signal {
		t.Errorf("%+v", *m)
	}
	if !strings.Contains(m.Reset, tt.reset) && !strings.Contains(m.Reset, "not watched") {
		t.Errorf("RST %q; want %q", m.Reset, tt.reset)
	}
	if m.Signal == "" && (m.Status == nil || *m.Status != tt.status) {
		t.Errorf("status %v; want %d", m.Status, tt.status)
	}
	if tt.more != nil {
		tt.more(t, m)
	}
}

// TestGigabytes: what is read is counted and not kept, however much it is, and the
// peer goes on looking up meanwhile.
func TestGigabytes(t *testing.T) {
	head, err := exec.LookPath("head")
	if err != nil {
		t.Skipf("skip: %v", err)
	}
	const much = 512 << 20
	p := &peer{report: &victimReport{}, victim: &victim{
		mode: modeShutWR, bytes: much / 2, path: head, argv: []string{"head", "-c", strconv.Itoa(much), "/dev/zero"},
	}}
	s := &scenario.Scenario{Name: "victim", Networks: []journal.Network{journal.HostNet}, Hosts: []string{"a", "b"}, Steps: p.steps}
	j := scenario.Conduct(context.Background(), s, journaltest.Stage{Network: journal.HostNet, Family: journal.IPv4}.Conditions())
	if len(p.report.Victims) != 1 {
		t.Fatalf("%s, %+v", j.Stopped, p.report)
	}
	if m := p.report.Victims[0]; m.ReadBefore != much/2 || m.ReadBefore+m.ReadAfter != much {
		t.Errorf("read %d and %d bytes; want %d", m.ReadBefore, m.ReadAfter, much)
	}
	if len(j.Events) > 500 {
		t.Errorf("%d events were kept", len(j.Events))
	}
}

// freePort is one that nobody has at the moment.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// dial connects as soon as somebody listens.
func dial(t *testing.T, port string) *net.TCPConn {
	t.Helper()
	var c net.Conn
	if err := journaltest.Eventually("a listener", func() (ok bool, _ error) {
		var err error
		c, err = net.Dial("tcp", "127.0.0.1:"+port)
		return err == nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// TestListen: a server that misbehaves, towards two clients, the second of which
// has ended its own side.
func TestListen(t *testing.T) {
	for _, loopback := range []string{"", "127.0.0.1:"} {
		t.Run(loopback, func(t *testing.T) {
			t.Parallel()
			checkListen(t, loopback)
		})
	}
}

func checkListen(t *testing.T, loopback string) {
	t.Helper()
	port := freePort(t)
	type result struct {
		code      int
		out, errs string
	}
	done := make(chan result, 1)
	go func() {
		code, out, errs := journaltest.Command(t, "lingerreset", victimCommand(), "--listen", loopback+port, "--times", "2", "--after", "5", "--format", "json")
		done <- result{code, out, errs}
	}()
	for _, end := range []bool{false, true} {
		c := dial(t, port)
		line := "hello"
		if end {
			line = "he"
		}
		if _, err := c.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if end {
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client's read: %v; want ECONNRESET", err)
		}
		_ = c.Close()
	}
	r := <-done
	if r.code != 0 || r.errs != "" {
		t.Errorf("exit %d, stderr %q", r.code, r.errs)
	}
	var all []misbehaved
	for d := json.NewDecoder(strings.NewReader(r.out)); ; {
		var m misbehaved
		if err := d.Decode(&m); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatalf("%v\n%s", err, r.out)
			}
			break
		}
		all = append(all, m)
	}
	if len(all) != 2 || all[0].ReadBefore != 5 || all[0].EndedSide || all[1].ReadBefore != 2 || !all[1].EndedSide || all[0].Reset != dueNow {
		t.Errorf("%+v", all)
	}
}

// TestConnect: a client that misbehaves, towards a server that greets it, and
// towards one that is not there.
func TestConnect(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	met := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, _ = c.Write([]byte("220 welcome"))
			_, err = c.Read(make([]byte, 1))
			_ = c.Close()
		}
		met <- err
	}()
	code, r := runVictim(t, "--connect", l.Addr().String(), "--after", "11")
	if err := <-met; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server's read: %v; want ECONNRESET", err)
	}
	if code != 0 || len(r.Victims) != 1 || r.Victims[0].ReadBefore != 11 || r.Victims[0].Victim != l.Addr().String() {
		t.Errorf("exit %d, %+v", code, r)
	}
	code, out, errs := journaltest.Command(t, "lingerreset", victimCommand(), "--connect", "localhost:"+freePort(t))
	if code != cli.ExitInconclusive || out != "" || !strings.Contains(errs, "ECONNREFUSED") {
		t.Errorf("nobody listens: exit %d, stdout %q, stderr %q", code, out, errs)
	}
}

// TestPortIsTaken: a server that misbehaves needs a port of its own.
func TestPortIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	code, out, errs := journaltest.Command(t, "lingerreset", victimCommand(), "--listen", port)
	if code != cli.ExitInconclusive || out != "" || !strings.Contains(errs, "address already in use") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
	}
}

// TestInterruptedVictim: ^C ends the command, the program, and what the program
// has started.
func TestInterruptedVictim(t *testing.T) {
	for name, args := range map[string][]string{
		"before": {"--after", "100000"}, "after": {"--mode", "shut-wr", "--after-time", "10ms"},
	} {
		t.Run(name, func(t *testing.T) {
			pids := t.TempDir() + "/pids"
			cmd := exec.Command("lingerreset", append(append([]string{"victim"}, args...), "--", "sh", "-c", "sleep 600 & echo $$ $! >"+pids+".part; mv "+pids+".part "+pids+"; wait")...)
			var out, errs strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var started []byte
			if err := journaltest.Eventually("the program's pids", func() (ok bool, _ error) {
				var err error
				started, err = os.ReadFile(pids)
				return err == nil, nil
			}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond) // so that the peer may have misbehaved
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // its status is what is checked
			if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(out.String(), "when interrupted") {
				t.Errorf("exit %d\n%s%s", code, out.String(), errs.String())
			}
			for _, field := range strings.Fields(string(started)) {
				pid, err := strconv.Atoi(field)
				if err != nil {
					t.Fatal(err)
				}
				if err := journaltest.Eventually("the end of process "+field, func() (bool, error) { return gone(pid), nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// gone says whether a process is no more, or only waits to be reaped.
func gone(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(rest, "Z")
}
