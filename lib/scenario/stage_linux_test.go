package scenario

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/sock"
	"sockproof/lib/tcp"
)

func TestMain(m *testing.M) {
	if sock.IsChild() {
		os.Exit(sock.RunChild())
	}
	os.Exit(m.Run())
}

// testBound bounds a run in a test; no test waits for it unless it fails.
const testBound = 30 * time.Second

// testStage is where a test takes its steps.
type testStage struct {
	network journal.Network
	family  journal.Family
}

func (s testStage) String() string { return string(s.network) + "/" + string(s.family) }

// stages are all networks in both families.
func stages() []testStage {
	var all []testStage
	for _, n := range journal.Networks() {
		for _, f := range []journal.Family{journal.IPv4, journal.IPv6} {
			all = append(all, testStage{n, f})
		}
	}
	return all
}

// need skips the test where the stage cannot be had, for the reason probed.
func (s testStage) need(t *testing.T) {
	t.Helper()
	if j := s.conduct(context.Background(), testBound, func(*T) {}); j.Stopped != "" {
		t.Skipf("skip: %s", j.Stopped)
	}
}

// conduct takes steps between hosts a and b, for so long at most.
func (s testStage) conduct(ctx context.Context, bound time.Duration, steps func(*T)) journal.Journal {
	return Conduct(ctx, &Scenario{Name: "test", Networks: journal.Networks(), Hosts: []string{"a", "b"}, Steps: steps},
		Conditions{Network: s.network, Family: s.family, Timeout: bound, Run: 1, First: 1})
}

// steps takes steps, and fails the test if they could not all be taken, or the journal
// is unfit.
func (s testStage) steps(t *testing.T, steps func(*T)) journal.Journal {
	t.Helper()
	s.need(t)
	j := s.conduct(context.Background(), testBound, steps)
	if j.Stopped != "" {
		t.Fatalf("stopped: %s", j.Stopped)
	}
	if err := j.Check(); err != nil {
		t.Fatal(err)
	}
	for _, w := range j.Witnesses {
		if w.Lost > 0 {
			t.Errorf("%s lost %d events", w.Name, w.Lost)
		}
	}
	return j
}

// wantRead reads from an end, and fails the test if that is something else; "": the end.
func wantRead(t *testing.T, e *End, want string) {
	t.Helper()
	if b, errno := e.Read(lineSize); string(b) != want || errno != "" {
		t.Errorf("read %q, %s; want %q", b, errno, want)
	}
}

// path is a socket's states as one witness saw them.
func path(j *journal.Journal, socket string, w journal.Witness) []string {
	var p []string
	for _, e := range tcp.New(j).Socket(socket).States(w) {
		p = append(p, e.State.To)
	}
	return p
}

func wantPath(t *testing.T, j *journal.Journal, socket string, w journal.Witness, want ...string) {
	t.Helper()
	if got := path(j, socket, w); !slices.Equal(got, want) {
		t.Errorf("%s by %s: got %v, want %v", socket, w, got, want)
	}
}
