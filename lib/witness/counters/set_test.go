package counters

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/journal"
)

// recorded reads a file of a Linux 6.18 kernel, from a namespace where one
// connection had been accepted and then closed with SO_LINGER 0.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAddRecorded(t *testing.T) {
	s := Set{}
	if err := s.add(recorded(t, "snmp"), groupTCP); err != nil {
		t.Fatal(err)
	}
	if err := s.add(recorded(t, "netstat"), groupTCPExt); err != nil {
		t.Fatal(err)
	}
	if want := 15 + 135; len(s) != want {
		t.Errorf("%d counters, want %d", len(s), want)
	}
	for name, want := range map[string]int64{
		"MaxConn": -1, "RtoMax": 120000, "ActiveOpens": 1, "PassiveOpens": 1, "OutRsts": 1, "EstabResets": 2,
		"TCPAbortOnData": 1, "TCPAbortOnClose": 0, "InCsumErrors": 0,
	} {
		if got, ok := s[name]; !ok || got != want {
			t.Errorf("%s = %d, %v; want %d", name, got, ok, want)
		}
	}
	// Of IP, ICMP and UDP, which are in the same files.
	for _, name := range []string{"DefaultTTL", "InDestUnreachs", "NoPorts", "InOctets", "MPCapableSYNRX"} {
		if _, ok := s[name]; ok {
			t.Errorf("%s is of another group", name)
		}
	}
}

func TestAdd(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       Set
		err        string
	}{
		{"a group among others", "TcpExt: A\nTcpExt: 9\nTcp: A B\nTcp: 1 -1\nUdp: A\nUdp: 9\n", Set{"A": 1, "B": -1}, ""},
		{"no newline at the end", "Tcp: A\nTcp: 1", Set{"A": 1}, ""},
		{"beyond int64", "Tcp: A\nTcp: 18446744073709551615\n", Set{"A": -1}, ""},
		{"other groups in disorder", "Icmp: A\nTcp: A\nIcmp:\nTcp: 1\n", Set{"A": 1}, ""},
		{"empty", "", nil, "Tcp is absent"},
		{"group absent", "Udp: A\nUdp: 1\n", nil, "Tcp is absent"},
		{"names alone", "Tcp: A\n", nil, "Tcp is absent or has no values"},
		{"too few values", "Tcp: A B\nTcp: 1\n", nil, "no value for B"},
		{"too few names", "Tcp: A\nTcp: 1 2\n", nil, "more values than names"},
		{"no number", "Tcp: A\nTcp: x\n", nil, `A: strconv.ParseInt: parsing "x"`},
		{"beyond uint64", "Tcp: A\nTcp: 18446744073709551616\n", nil, "value out of range"},
		{"twice", "Tcp: A\nTcp: 1\nTcp: A\nTcp: 2\n", nil, "comes twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Set{}
			err := s.add([]byte(tt.file), groupTCP)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want one that says %q", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, s); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestAddKeepsLikeNamesApart(t *testing.T) {
	s := Set{}
	file := []byte("Tcp: InErrs\nTcp: 1\nTcpExt: InErrs\nTcpExt: 2\n")
	if err := s.add(file, groupTCP); err != nil {
		t.Fatal(err)
	}
	if err := s.add(file, groupTCPExt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Set{"InErrs": 1, "TcpExt.InErrs": 2}, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDelta(t *testing.T) {
	before := Set{
		"OutRsts": 1, "ActiveOpens": 5, "InSegs": math.MaxUint32 - 1, "OutSegs": math.MaxInt64,
		"CurrEstab": 3, "MaxConn": -1, "RtoMin": 200, "OnlyBefore": 1,
	}
	after := Set{
		"OutRsts": 3, "ActiveOpens": 5, "InSegs": 4, "OutSegs": math.MinInt64,
		"CurrEstab": 1, "MaxConn": 100, "RtoMin": 5, "OnlyAfter": 1,
	}
	want := []journal.Counter{
		{Name: "CurrEstab", Delta: -2},
		{Name: "InSegs", Delta: 6},
		{Name: "OutRsts", Delta: 2},
		{Name: "OutSegs", Delta: 1},
	}
	if diff := cmp.Diff(want, Delta(before, after)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d := Delta(after, after); d != nil {
		t.Errorf("nothing moved, yet %v", d)
	}
}

// FuzzAdd: no file makes the reader panic, and what was read has not moved.
func FuzzAdd(f *testing.F) {
	f.Add(recorded(f, "snmp"))
	f.Add(recorded(f, "netstat"))
	f.Add([]byte("Tcp: A B\nTcp: 1 -1\n"))
	f.Add([]byte("Tcp: A\nTcp: 18446744073709551615\nTcp:"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s := Set{}
		if err := s.add(file, groupTCP); err != nil {
			return
		}
		if d := Delta(s, s); d != nil {
			t.Errorf("it moved from itself: %v", d)
		}
	})
}
