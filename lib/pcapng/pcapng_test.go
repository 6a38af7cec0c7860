package pcapng

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample has everything that a capture can have.
func sample() *Capture {
	at := uint64(time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC).UnixNano())
	return &Capture{
		Section:    Section{Comment: "direct: reproduced", Hardware: "amd64", OS: "Linux 6.18.5", Application: "selfconnect 0.1.0"},
		Interfaces: []Interface{{Name: "run1.a", Description: "host a"}, {Name: "run1.b"}},
		Names: []Name{
			{netip.MustParseAddr("192.0.2.1"), "a"}, {netip.MustParseAddr("2001:db8::2"), "b"},
		},
		Packets: []Packet{
			{Interface: 0, T: at, Data: []byte{0x45, 1, 2, 3, 4}, Direction: Outbound, Comment: "event 5: a1 CLOSE → SYN_SENT"},
			{Interface: 1, T: at + 1, Data: []byte{0x60, 1, 2, 3}, Direction: Inbound},
			{Interface: 1, T: at + 7, Data: []byte{}},
		},
		Statistics: []Statistics{{Interface: 0, T: at, Received: 1}, {Interface: 1, T: at, Received: 2, Dropped: 3, Comment: "missed"}},
	}
}

func encode(t testing.TB, c *Capture) []byte {
	t.Helper()
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadsBackTheSame(t *testing.T) {
	want := sample()
	got, err := Decode(encode(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}

// TestNoByteIsFree changes every byte in turn: either it is refused, or it reads
// back as another capture.
func TestNoByteIsFree(t *testing.T) {
	whole := encode(t, sample())
	for i := range whole {
		for _, bit := range []byte{1, 0x80} {
			b := bytes.Clone(whole)
			b[i] ^= bit
			c, err := Decode(b)
			if err != nil {
				continue
			}
			if bytes.Equal(encode(t, c), whole) {
				t.Errorf("byte %d can be changed without a trace", i)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	whole := encode(t, sample())
	for name, b := range map[string][]byte{
		"nothing":           {},
		"half":              whole[:len(whole)/2],
		"two sections":      append(bytes.Clone(whole), whole...),
		"big-endian":        append([]byte{0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28}, whole[8:]...),
		"no section":        whole[len(whole)-64:],
		"another file":      []byte("PK\x03\x04 and so on and on"),
		"length beyond all": {0x0a, 0x0d, 0x0d, 0x0a, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0},
	} {
		if _, err := Decode(b); err == nil || !strings.HasPrefix(err.Error(), "pcapng: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]*Capture{
		"packet":     {Packets: []Packet{{Interface: 0}}},
		"statistics": {Statistics: []Statistics{{Interface: 1}}},
		"name":       {Names: []Name{{Name: "a"}}},
	} {
		if _, err := c.Encode(); err == nil {
			t.Errorf("a %s of nothing was written", name)
		}
	}
}

func TestLongTextIsCut(t *testing.T) {
	c := &Capture{
		Interfaces: []Interface{{Name: "a"}},
		Names:      []Name{{netip.MustParseAddr("::1"), strings.Repeat("n", 1<<17)}, {netip.MustParseAddr("::2"), "x\x00y"}},
		Packets:    []Packet{{Comment: strings.Repeat("c", 1<<17)}},
	}
	got, err := Decode(encode(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Packets[0].Comment); n != maxOption {
		t.Errorf("a comment of %d bytes", n)
	}
	if got.Names[1].Name != "x" {
		t.Errorf("the name %q", got.Names[1].Name)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, sample()))
	f.Add(encode(f, &Capture{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(encode(t, c))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, again, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
			t.Error(d)
		}
	})
}
