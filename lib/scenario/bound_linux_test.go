package scenario

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journal"
)

// shortBound is the time of a run that would not end by itself.
const shortBound = 100 * time.Millisecond

// endless plays what has no end, and returns why it was stopped all the same.
func endless(t *testing.T, s testStage, bound time.Duration, play Play) string {
	t.Helper()
	s.need(t)
	j := Conduct(context.Background(), &Scenario{Name: "test", Networks: journal.Networks(), Hosts: []string{"a", "b"}}, play,
		Conditions{Network: s.network, Family: s.family, Timeout: bound, Run: 1, First: 1})
	return j.Stopped
}

// A loop that asks nobody whether there is time left ends with its calls.
func TestNoCallIsMadeWhenTheTimeIsOver(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			why := endless(t, s, shortBound, func(r *Run) error {
				client, _, err := pair(r)
				for err == nil || errors.Is(err, syscall.EAGAIN) {
					r.Trial(func() bool { _, err = client.Read(1); return false })
				}
				return nil
			})
			if !strings.Contains(why, errTimeout.Error()) {
				t.Errorf("stopped: %q, want that the time ran out", why)
			}
		})
	}
}

// A journal that has no end ends the run, long before its time is over.
func TestFloodEndsTheRun(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			why := endless(t, s, testBound, func(r *Run) error {
				client, _, err := pair(r)
				for err == nil || errors.Is(err, syscall.EAGAIN) {
					_, err = client.Read(1)
				}
				return nil
			})
			if why != errFlood.Error() {
				t.Errorf("stopped: %q, want %q", why, errFlood)
			}
		})
	}
}

// What has not returned a little after the time is left to itself.
func TestWhatDoesNotReturnIsNotWaitedFor(t *testing.T) {
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	s := testStage{journal.Wire, journal.IPv4}
	for name, play := range map[string]Play{
		"a call in the background": func(r *Run) error {
			client, _, err := pair(r)
			if err != nil {
				return err
			}
			client.Background(func() { <-forever })
			return nil
		},
		"a library": func(r *Run) error {
			r.Host("a").Foreign("test", nil, func() (string, error) { <-forever; return "", nil })
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			if why := endless(t, s, shortBound, play); why == "" {
				t.Error("not stopped")
			}
		})
	}
}

// Two ends that answer each other for ever do not keep a run from ending: with every RST
// made an ACK, each of them draws another.
func TestStormOnLoEndsTheRun(t *testing.T) {
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skipf("skip: %v: install nftables", err)
	}
	mangle := func(r *Run) error {
		return r.Host("a").In(func() error {
			cmd := exec.Command(nft, "-f", "-")
			cmd.Stdin = strings.NewReader("table inet test { chain c { type filter hook output priority 0; tcp flags & rst == rst tcp flags set ack; }; }\n")
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("nft: %w: %s", err, out)
			}
			return nil
		})
	}
	s := testStage{journal.Loopback, journal.IPv4}
	if why := endless(t, s, testBound, mangle); why != "" {
		t.Skipf("skip: %s", why)
	}
	why := endless(t, s, testBound, func(r *Run) error {
		if err := mangle(r); err != nil {
			return err
		}
		client, server, err := pair(r)
		if err != nil {
			return err
		}
		if err := errors.Join(server.Reset(), client.Reset()); err != nil {
			return err
		}
		client, err = r.Host("a").CallAt(r.Host("b").At(ServerPort), 0) // nobody listens: a RST
		_ = client
		return err
	})
	if why != errFlood.Error() {
		t.Errorf("stopped: %q, want %q", why, errFlood)
	}
}

// AcceptFrom takes the connection of the client that it is asked for.
func TestAcceptFromTakesNoOther(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.play(t, func(r *Run) error {
				server, err := r.Host("b").Listen(ServerPort)
				if err != nil {
					return err
				}
				if _, err := server.Call(r.Host("a")); err != nil {
					return err
				}
				second, err := server.Connect(r.Host("a"))
				if err != nil {
					return err
				}
				if !second.Server.IsPeerOf(second.Client) {
					t.Error("the first client's connection was taken for the second's")
				}
				return nil
			})
		})
	}
}
