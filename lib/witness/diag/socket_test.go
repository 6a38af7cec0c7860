package diag

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strings"
	"testing"

	"sockproof/lib/witness/tcpstate"
)

// recorded is what a Linux 6.18 kernel on amd64 answered, by name.
func recorded(t testing.TB) map[string][]byte { return recordedIn(t, "testdata/replies.txt") }

func recordedIn(t testing.TB, path string) map[string][]byte {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replies := map[string][]byte{}
	for line := range strings.Lines(string(file)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if replies[name], err = hex.DecodeString(digits); err != nil {
			t.Fatal(err)
		}
	}
	return replies
}

// littleEndian skips what decodes these replies where the kernel writes its fields in the
// other order; what builds replies by itself tests the decoder there.
func littleEndian(t *testing.T) {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("skip: the replies were recorded on a little-endian machine")
	}
}

func TestParseRecorded(t *testing.T) {
	littleEndian(t)
	replies := recorded(t)
	want := map[string]Socket{
		"listener": {
			Family: FamilyIPv4, Local: netip.MustParseAddrPort("127.0.0.1:8080"), Remote: netip.MustParseAddrPort("0.0.0.0:0"),
			State: tcpstate.Listen, TxQueue: 4096, Inode: 25148, Cookie: 1,
		},
		"established, 5 bytes unread": {
			Family: FamilyIPv4, Local: netip.MustParseAddrPort("127.0.0.1:8080"), Remote: netip.MustParseAddrPort("127.0.0.1:40000"),
			State: tcpstate.Established, RxQueue: 5, Inode: 25150, Cookie: 2,
		},
		"time-wait over IPv6": {
			Family: FamilyIPv6, Local: netip.MustParseAddrPort("[::1]:40001"), Remote: netip.MustParseAddrPort("[::1]:8081"),
			State: tcpstate.TimeWait, Timer: 3, TimerMS: 60000, Cookie: 3,
		},
		"listener on any address": {
			Family: FamilyIPv6, Local: netip.MustParseAddrPort("[::]:8081"), Remote: netip.MustParseAddrPort("[::]:0"),
			State: tcpstate.Listen, TxQueue: 4096, Inode: 25151, Cookie: 4,
		},
		"IPv4 in an IPv6 socket": {
			Family: FamilyIPv6, Local: netip.MustParseAddrPort("127.0.0.1:8081"), Remote: netip.MustParseAddrPort("127.0.0.1:40002"),
			State: tcpstate.Established, Inode: 25155, Cookie: 5,
		},
	}
	if len(replies) != len(want) {
		t.Errorf("%d replies are recorded, %d expected", len(replies), len(want))
	}
	for name, b := range replies {
		t.Run(name, func(t *testing.T) {
			got, err := parseMessage(b)
			if err != nil {
				t.Fatal(err)
			}
			if got != want[name] {
				t.Errorf("got  %+v\nwant %+v", got, want[name])
			}
		})
	}
}

// A reply may end anywhere: an older kernel's is shorter. What it has is read,
// the rest is zero; without addresses it means nothing.
func TestParseShorter(t *testing.T) {
	b := recorded(t)["time-wait over IPv6"]
	whole, err := parseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(b) {
		s, err := parseMessage(b[:n])
		if n < 40 {
			if err == nil || !strings.Contains(err.Error(), "cut short") {
				t.Errorf("%d bytes: error %v", n, err)
			}
			continue
		}
		want := whole
		if n < 52 {
			want.Cookie = 0
		}
		if n < 56 {
			want.TimerMS = 0
		}
		if err != nil || s != want {
			t.Errorf("%d bytes: %+v, %v; want %+v", n, s, err, want)
		}
	}
}

// A newer kernel's is longer.
func TestParseLonger(t *testing.T) {
	b := recorded(t)["listener"]
	want, err := parseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseMessage(append(b, make([]byte, 100)...)); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestParseOtherFamily(t *testing.T) {
	b := recorded(t)["listener"]
	b[0] = 1
	if _, err := parseMessage(b); err == nil || !strings.Contains(err.Error(), "address family 1") {
		t.Errorf("error %v", err)
	}
}

func TestTimerName(t *testing.T) {
	for n, want := range []string{"off", "on", "keepalive", "timewait", "persist", "timer 5"} {
		if got := (&Socket{Timer: uint8(n)}).TimerName(); got != want {
			t.Errorf("timer %d is %s, want %s", n, got, want)
		}
	}
}

// FuzzMessages: no bytes make the readers panic, or stand still.
func FuzzMessages(f *testing.F) {
	for _, b := range recorded(f) {
		var r request
		r.set(0, 1, FamilyIPv4, allStates)
		f.Add(b)
		f.Add(append(r[:headerLen:headerLen], b...))
		f.Add(r[:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseMessage(b); err == nil && (!s.Local.IsValid() || !s.Remote.IsValid()) {
			t.Errorf("no error, and no address: %+v", s)
		}
		for len(b) > 0 {
			m, rest, err := nextMessage(b)
			if err != nil {
				return
			}
			if len(rest) >= len(b) || len(m.payload) > len(b) {
				t.Fatalf("%d bytes, then %d", len(b), len(rest))
			}
			_, _ = parseMessage(m.payload)
			b = rest
		}
	})
}
