package scenario

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sockproof/lib/journal"
)

// shortBound is the time of a run that would not end by itself.
const shortBound = 100 * time.Millisecond

// endless takes steps that have no end, and returns why they were stopped all the same.
func endless(t *testing.T, s testStage, bound time.Duration, steps func(*T)) string {
	t.Helper()
	s.need(t)
	return s.conduct(context.Background(), bound, steps).Stopped
}

// A loop that asks nobody whether there is time left ends with its calls.
func TestNoCallIsMadeWhenTheTimeIsOver(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			why := endless(t, s, shortBound, func(r *T) {
				client, _ := r.Connection()
				for {
					r.Rounds(1, func() Round {
						client.Read(1)
						return Fold
					})
				}
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
			why := endless(t, s, testBound, func(r *T) {
				client, _ := r.Connection()
				for {
					client.Read(1)
				}
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
	for name, steps := range map[string]func(*T){
		"a call in the background": func(r *T) {
			client, _ := r.Connection()
			client.Background(func() { <-forever })
		},
		"a library": func(r *T) {
			r.Host("a").Library("test", nil, func() (string, error) { <-forever; return "", nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			if why := endless(t, s, shortBound, steps); why == "" {
				t.Error("not stopped")
			}
		})
	}
}

// Two ends that answer each other for ever do not keep a run from ending: with every RST
// made an ACK, each of them draws another.
func TestStormEndsTheRun(t *testing.T) {
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skipf("skip: %v: install nftables", err)
	}
	mangle := func(r *T) {
		for _, host := range []string{"a", "b"} {
			r.Host(host).In(func() error {
				cmd := exec.Command(nft, "-f", "-")
				cmd.Stdin = strings.NewReader("table inet test { chain " + host + " { type filter hook output priority 0; tcp flags & rst == rst tcp flags set ack; }; }\n")
				if out, err := cmd.CombinedOutput(); err != nil {
					return fmt.Errorf("nft: %w: %s", err, out)
				}
				return nil
			})
		}
	}
	for _, s := range []testStage{{journal.Loopback, journal.IPv4}, {journal.Wire, journal.IPv4}} {
		t.Run(s.String(), func(t *testing.T) {
			if why := endless(t, s, testBound, mangle); why != "" {
				t.Skipf("skip: %s", why)
			}
			why := endless(t, s, testBound, func(r *T) {
				mangle(r)
				client, server := r.Connection()
				r.AtOnce(func() { server.Reset(); client.Reset() })
				r.Dial(r.Host("b").At(ServerPort + 1)) // there is no listener: a RST
			})
			if why != errFlood.Error() {
				t.Errorf("stopped: %q, want %q", why, errFlood)
			}
		})
	}
}

// AcceptFrom takes the connection of the client that it is asked for.
func TestAcceptFromTakesNoOther(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.steps(t, func(r *T) {
				l := r.Listen(ServerPort)
				l.Dial()
				client, server := l.Connect()
				if !server.s.IsPeerOf(client.s) {
					t.Error("the first client's connection was taken for the second's")
				}
			})
		})
	}
}
