package scenario

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

func TestConnectionOnEveryNetwork(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.steps(t, func(r *T) {
				client, server := r.Connection()
				client.Send("ping")
				wantRead(t, server, "ping")
				client.Close()
				wantRead(t, server, "")
				server.Close()
			})
			if s.network == journal.Wire {
				wantPath(t, &j, "a1", journal.TCPInfo, journal.Close, journal.SynSent, journal.Established)
				wantPath(t, &j, "a1", journal.SockDiag,
					journal.SynSent, journal.Established, journal.FinWait1, journal.FinWait2, journal.TimeWait)
				wantPath(t, &j, "b2", journal.SockDiag, journal.Established, journal.CloseWait, journal.LastAck, journal.Gone)
			}
			if j.Witness(journal.Packets).Status == journal.Attached && len(tcp.New(&j).FirstSent()) < 7 {
				t.Errorf("%d segments of news, want at least 7", len(tcp.New(&j).FirstSent()))
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
			j := s.conduct(context.Background(), testBound, func(r *T) { r.Sysctl("a", name, "7") })
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
			i := slices.IndexFunc(j.Events, func(e journal.Event) bool { return e.Setting != nil && e.Setting.Name == name })
			if i < 0 {
				t.Fatal("the setting is not in the journal")
			}
			if set := j.Events[i].Setting; set.New != "7" || set.Old == "7" {
				t.Errorf("journalled %+v", *set)
			}
		})
	}
}

func TestRunEndsWithItsTime(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.need(t)
			j := s.conduct(context.Background(), 30*time.Millisecond, func(r *T) { r.Wait(testBound) })
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
			j := s.conduct(ctx, testBound, func(r *T) {
				cancel(errors.New("interrupted by SIGTERM"))
				r.Settle()
			})
			if j.Stopped != "interrupted by SIGTERM" {
				t.Errorf("stopped: %q", j.Stopped)
			}
		})
	}
}

func TestBlockingCallsInTheBackground(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.steps(t, func(r *T) {
				l, client := r.Listen(ServerPort), r.Host("a").Socket()
				client.SetBlocking()
				var connected journal.Errno
				p := client.Background(func() { connected = client.StartConnect(l.At) })
				if !r.Await(testBound, p.Done) || connected != "" {
					t.Errorf("connect returned: %t, %s", p.Done(), connected)
				}
				// This one never returns by itself: tear-down must wake it.
				client.Background(func() { client.Read(1) })
			})
			if len(failedIn(&j, "a1", "connect", "EINPROGRESS")) > 0 {
				t.Error("a blocking connect was in progress")
			}
			if reads := callsIn(&j, "a1", "read"); len(reads) != 1 {
				t.Errorf("%d reads journalled, want 1", len(reads))
			}
		})
	}
}

func TestLibrariesAreSeen(t *testing.T) {
	s := testStage{journal.Wire, journal.IPv4}
	j := s.steps(t, func(r *T) {
		done := r.Host("a").Library("library", []string{"x"}, func() (string, error) { return "", syscall.ECONNREFUSED })
		if !r.Await(testBound, done) {
			t.Error("it did not return")
		}
	})
	if got := failedIn(&j, "", "library", "ECONNREFUSED"); len(got) != 1 {
		t.Errorf("journalled %d calls, want 1", len(got))
	}
}
