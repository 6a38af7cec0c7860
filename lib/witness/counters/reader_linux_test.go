package counters

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
	"sockproof/lib/witness/internal/nstest"
)

func openReader(t testing.TB) *Reader {
	t.Helper()
	r, err := Open(true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func read(t testing.TB, r *Reader) Set {
	t.Helper()
	s, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The counters are the thread's namespace's: nothing else happens there, so
// every number is known.
func TestReadWhatHappened(t *testing.T) {
	nstest.Enter(t)
	r := openReader(t)
	before := read(t, r)
	for name, n := range before {
		if n != 0 && name != "MaxConn" && name != "RtoAlgorithm" && name != "RtoMin" && name != "RtoMax" {
			t.Errorf("%s is %d in a new namespace", name, n)
		}
	}

	listener, at := nstest.Listen(t, netip.MustParseAddrPort("127.0.0.1:0"))
	conn := nstest.Connect(t, listener, at)
	opened := read(t, r)
	expect(t, "opened", Delta(before, opened), Set{
		"ActiveOpens": 1, "PassiveOpens": 1, "CurrEstab": 2, "InSegs": 3, "OutSegs": 3, "OutRsts": 0, "EstabResets": 0,
	})

	// Linger 0 aborts, and the counter says on whose account.
	if err := unix.SetsockoptLinger(conn.Server.FD, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		t.Fatal(err)
	}
	conn.Server.Close()
	aborted := read(t, r)
	expect(t, "aborted", Delta(opened, aborted), Set{
		"CurrEstab": -2, "EstabResets": 2, "OutRsts": 1, "TCPAbortOnData": 1, "TCPAbortOnClose": 0, "ActiveOpens": 0,
	})

	refused := nstest.Socket(t, netip.MustParseAddr("::1"))
	if err := unix.Connect(refused.FD, nstest.Sockaddr(netip.MustParseAddrPort("[::1]:1"))); !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatalf("connect: %v", err)
	}
	// From another thread, of another namespace.
	done := make(chan Set)
	go func() {
		s, err := r.Read()
		if err != nil {
			t.Error(err)
		}
		done <- s
	}()
	expect(t, "refused", Delta(aborted, <-done), Set{"AttemptFails": 1, "OutRsts": 1, "PassiveOpens": 0})
}

// expect compares the counters named in want, 0 for those that must not have
// moved; which others there are depends on the kernel.
func expect(t *testing.T, what string, moved []journal.Counter, want Set) {
	t.Helper()
	got := Set{}
	for name := range want {
		got[name] = 0
	}
	for _, c := range moved {
		if _, ok := want[c.Name]; ok {
			got[c.Name] = c.Delta
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A buffer that is too small grows.
func TestReadGrows(t *testing.T) {
	r := openReader(t)
	want := len(read(t, r))
	r.buf = make([]byte, 100)
	if got := len(read(t, r)); got != want || want < 100 {
		t.Errorf("%d counters, then %d", want, got)
	}
}

func BenchmarkRead(b *testing.B) {
	r := openReader(b)
	b.ReportAllocs()
	for b.Loop() {
		read(b, r)
	}
}
