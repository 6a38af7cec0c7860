package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journaltest"
)

// refusedAndReset calls a port that nobody listens on, and closes a connection
// with SO_LINGER {1, 0}, in the namespace of the calling thread.
func refusedAndReset() error {
	at := netip.MustParseAddrPort("127.0.0.1:8080")
	listener, err := listenAt(at, syscall.IPPROTO_TCP, 1)
	if err != nil {
		return err
	}
	defer listener.close()
	refused, err := connectTo(netip.MustParseAddrPort("127.0.0.1:9"), syscall.IPPROTO_TCP)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("connect: %w, want ECONNREFUSED", err)
	}
	aborted, err := connectTo(at, syscall.IPPROTO_TCP)
	if err != nil {
		return err
	}
	err = syscall.SetsockoptLinger(int(aborted), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	return errors.Join(err, refused.close(), aborted.close())
}

// TestCountersOfANamespace: what draws RSTs in a private namespace moves the
// counters that its meaning says, there, since boot and over a while.
func TestCountersOfANamespace(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		if err := refusedAndReset(); err != nil {
			return err
		}
		// Of the very thread that is in the namespace.
		place := []string{"--netns", fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())}
		by := readCounters(t, append(place, "--for", "1ms")...)
		for name, want := range map[string]int64{"OutRsts": 2, "AttemptFails": 1, "TCPAbortOnData": 1, "EstabResets": 2, "TCPAbortOnClose": 0} {
			if c := by[name]; c.Name != name || c.SinceBoot != want || c.Delta == nil || *c.Delta != 0 {
				t.Errorf("%s %+v; want %d since boot, and 0 more", name, c, want)
			}
		}
		return nil
	})
}

// TestCountersMove: over the time given, in the caller's own namespace.
func TestCountersMove(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			}
		}
	}()
	defer func() {
		close(stop)
		<-stopped
	}()
	for _, name := range []string{"OutRsts", "TCPAbortOnData"} {
		// A machine that is busy may do nothing for as long as one reading takes.
		moved := false
		for i := 0; i < 20 && !moved; i++ {
			c := readCounters(t, "--for", "200ms")[name]
			if c.Delta == nil || c.SinceBoot < *c.Delta {
				t.Fatalf("%s: %+v", name, c)
			}
			moved = *c.Delta >= 1
		}
		if !moved {
			t.Errorf("%s did not move", name)
		}
	}
}

// TestNoSuchPlace: the reason names it.
func TestNoSuchPlace(t *testing.T) {
	const nobody = 1 << 22 // pid_max at most, and no process has it
	for flag, value := range map[string]string{"--netns-of": strconv.Itoa(nobody), "--netns": "/nowhere/at/all"} {
		code, out, errs := command(t, "resets", flag, value)
		if code == 0 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, value) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", flag, code, out, errs)
		}
	}
}

// TestEachRST: of a private namespace, each with its reason, its program and what it answers.
func TestEachRST(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		place := []string{"--netns", fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid()), "--for", "1500ms", "--format", "json"}
		seen := make(chan resetsReport, 1)
		go func() {
			var r resetsReport
			_, out, _ := command(t, "resets", place...)
			_ = json.Unmarshal([]byte(out), &r)
			seen <- r
		}()
		var r resetsReport
		for r.Schema == "" { // until it watches, and for as long as it does
			select {
			case r = <-seen:
			case <-time.After(200 * time.Millisecond):
				if err := refusedAndReset(); err != nil {
					return err
				}
			}
		}
		if r.Each == nil {
			t.Fatalf("%+v", r)
		}
		if strings.Contains(r.Each.NotWatched, "CAP_BPF") {
			t.Skipf("skip: needs root: %s", r.Each.NotWatched)
		}
		var refused, aborted int
		for _, x := range r.Each.RSTs {
			switch {
			case x.Direction == "sent" && x.Answers == "SYN" && strings.HasSuffix(x.Local, ":9") && x.State == "" && x.Owner == nil:
				refused++
			case x.Direction == "sent" && x.State == "ESTABLISHED" && x.Owner != nil && x.Owner.PID == os.Getpid():
				aborted++
			case x.Direction == "received" && (x.State == "SYN_SENT" || x.State == "ESTABLISHED"):
			default:
				t.Errorf("not expected: %+v", x)
			}
		}
		if r.Each.NotWatched != "" || refused == 0 || aborted == 0 || r.Each.Lost > 0 {
			t.Errorf("%d refused, %d aborted: %+v", refused, aborted, r.Each)
		}
		return nil
	})
}
