package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/journaltest"
)

// scanEnd is one end of a connection of this process's.
type scanEnd int

func (e scanEnd) shut() error  { return syscall.Shutdown(int(e), syscall.SHUT_WR) }
func (e scanEnd) close() error { return syscall.Close(int(e)) }

// scanListen listens with a socket of a protocol.
func scanListen(a netip.AddrPort, protocol int) (scanEnd, error) {
	fd, err := journaltest.StreamSocket(a.Addr(), protocol)
	if err == nil {
		err = syscall.Bind(fd, journaltest.Sockaddr(a))
	}
	if err == nil {
		err = syscall.Listen(fd, 8)
	}
	return scanEnd(fd), err
}

// scanConnect connects to a listener with a socket of a protocol.
func scanConnect(a netip.AddrPort, protocol int) (scanEnd, error) {
	fd, err := journaltest.StreamSocket(a.Addr(), protocol)
	if err == nil {
		err = syscall.Connect(fd, journaltest.Sockaddr(a))
	}
	return scanEnd(fd), err
}

// accept takes a connection from a listener's queue.
func (e scanEnd) accept() (scanEnd, error) {
	fd, _, err := syscall.Accept4(int(e), syscall.SOCK_CLOEXEC)
	return scanEnd(fd), err
}

// scanLeak makes a connection that its server leaks.
func scanLeak(a netip.AddrPort) (listener, client, server scanEnd, err error) {
	if listener, err = scanListen(a, syscall.IPPROTO_TCP); err != nil {
		return 0, 0, 0, err
	}
	if client, err = scanConnect(a, syscall.IPPROTO_TCP); err != nil {
		return 0, 0, 0, err
	}
	if server, err = listener.accept(); err != nil {
		return 0, 0, 0, err
	}
	if err := client.shut(); err != nil {
		return 0, 0, 0, err
	}
	_, err = scanSettles("leaked 1/0, peer-open 1/0") // the FIN may be acknowledged a little later
	return listener, client, server, err
}

// TestScanElsewhere looks into a namespace from outside: by its file, and by a
// process that lives in it and holds the socket too.
func TestScanElsewhere(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		listener, client, server, err := scanLeak(netip.MustParseAddrPort("127.0.0.1:8080"))
		if err != nil {
			return err
		}
		defer journaltest.CloseAll([]int{int(listener), int(client)})
		shared := os.NewFile(uintptr(server), "socket")
		defer shared.Close()
		child := exec.Command("cat")
		child.ExtraFiles = []*os.File{shared}
		input, err := child.StdinPipe()
		if err != nil {
			return err
		}
		if err := child.Start(); err != nil {
			return err
		}
		defer func() {
			_ = input.Close()
			_ = child.Wait()
		}()
		me, err := thisProcess()
		if err != nil {
			return err
		}
		path := fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		pid := strconv.Itoa(child.Process.Pid)
		for _, tt := range []struct{ flag, value, namespace string }{
			{"--netns", path, "the network namespace " + path},
			{"--netns-of", pid, "the network namespace of process " + pid},
		} {
			code, out, errs := command(t, "", tt.flag, tt.value, "--format", "json", "--fail-over", "1")
			var r scanReport
			if err := json.Unmarshal([]byte(out), &r); err != nil || code != 1 || errs != "" {
				return fmt.Errorf("%s: exit %d, %q, %w", tt.flag, code, errs, err)
			}
			if r.Namespace != tt.namespace || r.Stuck != 2 || !r.Complete || len(r.Kinds) != 2 || r.Kinds[0].Kind != "leaked" || r.Kinds[1].Kind != "peer-open" {
				return fmt.Errorf("%s: %s", tt.flag, out)
			}
			// This process is older than its child, mostly also by number.
			leaked, open := r.Kinds[0].Programs, r.Kinds[1].Programs
			if len(leaked) != 1 || leaked[0].Shared != 1 || leaked[0].PID != min(me.PID, child.Process.Pid) {
				t.Errorf("%s: the leaked one is held by %+v", tt.flag, leaked)
			}
			if len(open) != 1 || open[0].Shared != 0 || open[0].Owner != me {
				t.Errorf("%s: the other end is held by %+v", tt.flag, open)
			}
		}
		code, out, errs := command(t, "", "--netns-of", pid, "--fail-over", "2")
		if code != 0 || errs != "" || !strings.HasPrefix(out, "2 sockets are stuck, none in TIME_WAIT in the network namespace of process "+pid+"\n\nCLOSE_WAIT 1: ") {
			t.Errorf("text: exit %d, %q, %q", code, out, errs)
		}
		return nil
	})
}

// scanRounds are the reports of a scan that is repeated.
func scanRounds(t *testing.T, times string) (rounds []scanReport, err error) {
	t.Helper()
	code, out, errs := command(t, "", "--times", times, "--every", "1ms", "--format", "json")
	if code != 0 || errs != "" {
		return nil, fmt.Errorf("exit %d, %q", code, errs)
	}
	for line := range strings.Lines(out) {
		var r scanReport
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, err
		}
		rounds = append(rounds, r)
	}
	return rounds, nil
}

// TestScanEveryGrows sees what grows from one round to the next.
func TestScanEveryGrows(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		var rounds []scanReport
		for _, times := range []string{"1", "2"} {
			more, err := scanRounds(t, times)
			if err != nil {
				return err
			}
			rounds = append(rounds, more...)
		}
		if len(rounds) != 3 || rounds[0].Stuck+rounds[1].Stuck+rounds[2].Stuck != 0 || len(rounds[2].Changes) != 0 {
			return fmt.Errorf("an empty namespace: %+v", rounds)
		}

		// The same with a scan in whose middle something happens.
		w, err := openStuckScanner(scanHere)
		if err != nil {
			return err
		}
		defer w.close()
		before, _, err := w.scan()
		if err != nil {
			return err
		}
		listener, client, server, err := scanLeak(netip.MustParseAddrPort("[::1]:8080"))
		if err != nil {
			return err
		}
		defer journaltest.CloseAll([]int{int(listener), int(client), int(server)})
		after, _, err := w.scan()
		if err != nil {
			return err
		}
		me, err := thisProcess()
		if err != nil {
			return err
		}
		grew := scanMoved{0, 1}
		want := []scanChange{
			{
				State: "CLOSE_WAIT", Kind: "leaked", scanMoved: grew, Programs: []scanProgramMoved{{me, grew}},
				Remotes: []scanRemoteMoved{{scanEnds{"in", "[::1]:8080", "::1"}, grew}},
			},
			{
				State: "FIN_WAIT2", Kind: "peer-open", scanMoved: grew, Programs: []scanProgramMoved{{me, grew}},
				Remotes: []scanRemoteMoved{{scanEnds{"out", "[::1]:8080", ""}, grew}},
			},
		}
		if d := cmp.Diff(want, before.changes(after), cmp.AllowUnexported(scanChange{}, scanProgramMoved{}, scanRemoteMoved{})); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		return nil
	})
}

func TestScanNoSuchPlace(t *testing.T) {
	file := journaltest.Scratch(t).Name()
	const noProcess = "4194305" // above the largest (proc_sys_kernel(5): pid_max)
	for _, tt := range []struct{ flag, value, want string }{
		{"--netns", "/no/such", `sockscan: flag "--netns": value "/no/such": no network namespace: open /no/such: no such file or directory; want a name, or a path like`},
		{"--netns", file, fmt.Sprintf("sockscan: flag \"--netns\": value %q: no network namespace: setns(CLONE_NEWNET): invalid argument; want a name, or a path like", file)},
		{"--netns-of", noProcess, `sockscan: flag "--netns-of": value "` + noProcess + `": no such process here: open /proc/` + noProcess + "/ns/net: no such file or directory\n"},
	} {
		for _, more := range [][]string{nil, {"--every", "1ms"}} {
			code, out, errs := command(t, "", append(more, tt.flag, tt.value)...)
			if code != 2 || out != "" || !strings.HasPrefix(errs, tt.want) {
				t.Errorf("%s %s: exit %d, %q, %q", tt.flag, tt.value, code, out, errs)
			}
		}
	}
}
