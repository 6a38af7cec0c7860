package scenario

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/sock"
)

func TestMain(m *testing.M) {
	if sock.IsChild() {
		os.Exit(sock.RunChild())
	}
	os.Exit(m.Run())
}

// testBound bounds a run in a test; no test waits for it unless it fails.
const testBound = 30 * time.Second

// testStage is where a test plays.
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
	j := s.conduct(t, []string{"a"}, func(*Run) error { return nil })
	if j.Stopped != "" {
		t.Skipf("skip: %s", j.Stopped)
	}
}

func (s testStage) conduct(t *testing.T, hosts []string, play Play) journal.Journal {
	t.Helper()
	return Conduct(context.Background(), &Scenario{Name: "test", Networks: journal.Networks(), Hosts: hosts}, play,
		Conditions{Network: s.network, Family: s.family, Timeout: testBound, Run: 1, First: 1})
}

// play plays between hosts a and b and fails the test if the play did not
// reach its end or the journal is unfit.
func (s testStage) play(t *testing.T, play Play) journal.Journal {
	t.Helper()
	s.need(t)
	j := s.conduct(t, []string{"a", "b"}, play)
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

// pair opens a connection from a to a listener on b, and accepts it.
func pair(r *Run) (client, server *sock.Socket, err error) {
	listener, err := r.Host("b").Socket()
	if err != nil {
		return nil, nil, err
	}
	if err := listener.Bind(r.Host("b").At(0)); err != nil {
		return nil, nil, err
	}
	at, err := listener.Local()
	if err != nil {
		return nil, nil, err
	}
	if err := listener.Listen(8); err != nil {
		return nil, nil, err
	}
	if client, err = r.Host("a").Socket(); err != nil {
		return nil, nil, err
	}
	_ = client.Connect(at)
	if _, err := client.Local(); err != nil {
		return nil, nil, err
	}
	r.Settle()
	server, err = listener.Accept()
	return client, server, err
}

// path is a socket's states as one witness saw them.
func path(j *journal.Journal, socket string, w journal.Witness) []string {
	var p []string
	for _, e := range claim.States(j, socket, w) {
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
