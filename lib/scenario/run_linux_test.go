package scenario

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

func TestConnectionOnEveryNetwork(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.play(t, func(r *Run) error {
				client, server, err := pair(r)
				if err != nil {
					return err
				}
				if _, err := client.Write([]byte("ping")); err != nil {
					return err
				}
				r.Settle()
				got, err := server.Read(16)
				if err != nil || !bytes.Equal(got, []byte("ping")) {
					t.Errorf("read %q, %v", got, err)
				}
				if err := client.Close(); err != nil {
					return err
				}
				r.Settle()
				if _, err := server.Read(16); err != nil {
					return err
				}
				if err := server.Close(); err != nil {
					return err
				}
				r.Settle()
				return nil
			})
			if s.network == journal.Wire {
				wantPath(t, &j, "a1", journal.TCPInfo, journal.Close, journal.SynSent, journal.Established)
				wantPath(t, &j, "a1", journal.SockDiag,
					journal.SynSent, journal.Established, journal.FinWait1, journal.FinWait2, journal.TimeWait)
				wantPath(t, &j, "b2", journal.SockDiag, journal.Established, journal.CloseWait, journal.LastAck, journal.Gone)
			}
			if j.Witness(journal.Packets).Status == journal.Attached && len(claim.News(&j)) < 7 {
				t.Errorf("%d segments of news, want at least 7", len(claim.News(&j)))
			}
		})
	}
}

func TestSettingsAreJournalledAndNeverMadeOnHost(t *testing.T) {
	const name = "net.ipv4.tcp_fin_timeout"
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.need(t)
			before, err := os.ReadFile("/proc/sys/net/ipv4/tcp_fin_timeout")
			if err != nil {
				t.Fatal(err)
			}
			j := s.conduct(t, []string{"a"}, func(r *Run) error { return r.Host("a").Set(name, "7") })
			after, err := os.ReadFile("/proc/sys/net/ipv4/tcp_fin_timeout")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(before, after) {
				t.Fatalf("%s of the machine went from %s to %s", name, before, after)
			}
			if s.network == journal.HostNet {
				if !strings.Contains(j.Stopped, name) || !strings.Contains(j.Stopped, "never changes") {
					t.Errorf("stopped: %q", j.Stopped)
				}
				return
			}
			for _, e := range j.Events {
				if e.Setting != nil && e.Setting.Name == name {
					if e.Setting.New != "7" || e.Setting.Old == "7" {
						t.Errorf("journalled %+v", *e.Setting)
					}
					return
				}
			}
			t.Error("the setting is not in the journal")
		})
	}
}

func TestRunEndsWithItsTime(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.need(t)
			j := Conduct(context.Background(), &Scenario{Name: "test", Networks: journal.Networks(), Hosts: []string{"a"}},
				func(r *Run) error { r.Await(testBound, func() bool { return false }); return nil },
				Conditions{Network: s.network, Family: s.family, Timeout: 30 * time.Millisecond, Run: 1, First: 1})
			if !strings.Contains(j.Stopped, "time ran out: --timeout 30ms") {
				t.Errorf("stopped: %q", j.Stopped)
			}
		})
	}
}

func TestRunEndsWithASignal(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.need(t)
			ctx, cancel := context.WithCancelCause(context.Background())
			j := Conduct(ctx, &Scenario{Name: "test", Networks: journal.Networks(), Hosts: []string{"a"}},
				func(r *Run) error {
					cancel(errors.New("interrupted by SIGTERM"))
					r.Settle()
					return nil
				}, Conditions{Network: s.network, Family: s.family, Timeout: testBound, Run: 1, First: 1})
			if j.Stopped != "interrupted by SIGTERM" {
				t.Errorf("stopped: %q", j.Stopped)
			}
		})
	}
}

func TestBlockingCallsInTheBackground(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.play(t, func(r *Run) error {
				listener, err := r.Host("b").Socket()
				if err != nil {
					return err
				}
				if err := listener.Bind(r.Host("b").At(0)); err != nil {
					return err
				}
				at, err := listener.Local()
				if err != nil {
					return err
				}
				if err := listener.Listen(1); err != nil {
					return err
				}
				client, err := r.Host("a").BlockingSocket()
				if err != nil {
					return err
				}
				var connected error
				p := client.Background(func() { connected = client.Connect(at) })
				if !r.Await(testBound, p.Done) {
					return errors.New("connect did not return")
				}
				if connected != nil {
					return connected
				}
				// This one never returns by itself: tear-down must wake it.
				client.Background(func() { _, _ = client.Read(1) })
				return nil
			})
			if len(claim.Failed(&j, "a1", "connect", "EINPROGRESS")) > 0 {
				t.Error("a blocking connect was in progress")
			}
			if reads := claim.Calls(&j, "a1", "read"); len(reads) != 1 {
				t.Errorf("%d reads journalled, want 1", len(reads))
			}
		})
	}
}

func TestForeignSocketsAreSeen(t *testing.T) {
	s := testStage{journal.Wire, journal.IPv4}
	j := s.play(t, func(r *Run) error {
		done := r.Host("a").Foreign("library", []string{"x"}, func() (string, error) { return "", syscall.ECONNREFUSED })
		if !r.Await(testBound, done) {
			return errors.New("it did not return")
		}
		return nil
	})
	if got := claim.Failed(&j, "", "library", "ECONNREFUSED"); len(got) != 1 {
		t.Errorf("journalled %d calls, want 1", len(got))
	}
}
