package packet_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"sockproof/lib/packet"
)

// ignoreRaw leaves out what Encode does not read.
var ignoreRaw = cmpopts.IgnoreFields(packet.Packet{}, "Raw", "HeaderLen")

// What the kernel built, built again from its fields, is the same to the byte,
// IPv6's flow label aside.
func TestEncodeRebuildsRecorded(t *testing.T) {
	for name, s := range map[string]string{"IPv4": synIPv4, "IPv6": synIPv6, "Fast Open": synFastOpen, "MPTCP": synMPTCP} {
		t.Run(name, func(t *testing.T) {
			want := raw(t, s)
			p, err := packet.Decode(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if p.Version == 6 {
				copy(want[1:4], []byte{want[1] & 0xf0, 0, 0})
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

// anyPacket draws a TCP packet that can be encoded.
func anyPacket(t *rapid.T) packet.Packet {
	addr := func(v6 bool, label string) netip.Addr {
		if v6 {
			return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label)))
		}
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, label)))
	}
	v6 := rapid.Bool().Draw(t, "v6")
	p := packet.Packet{
		Version: 4,
		Proto:   packet.ProtoTCP,
		TTL:     rapid.Uint8Range(1, 255).Draw(t, "ttl"),
		Class:   rapid.Uint8().Draw(t, "class"),
		Src:     netip.AddrPortFrom(addr(v6, "src"), rapid.Uint16().Draw(t, "sport")),
		Dst:     netip.AddrPortFrom(addr(v6, "dst"), rapid.Uint16().Draw(t, "dport")),
		Flags:   packet.Flags(rapid.Uint8().Draw(t, "flags")),
		Seq:     rapid.Uint32().Draw(t, "seq"),
		Ack:     rapid.Uint32().Draw(t, "ack"),
		Win:     rapid.Uint16().Draw(t, "win"),
		Urgent:  rapid.Uint16().Draw(t, "urgent"),
		Options: anyOptions(t),
		Payload: rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "payload"),
	}
	if v6 {
		p.Version = 6
	} else {
		p.ID = rapid.Uint16().Draw(t, "id")
	}
	return p
}

// anyOptions draws well-formed options, padded to a multiple of 4 bytes.
func anyOptions(t *rapid.T) packet.Options {
	var o packet.Options
	for range rapid.IntRange(0, 4).Draw(t, "options") {
		one := packet.Options{rapid.Uint8Range(1, 255).Draw(t, "kind")}
		if one[0] != packet.KindNop {
			data := rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "data")
			one = append(append(one, byte(2+len(data))), data...)
		}
		if len(o)+len(one) <= 40 {
			o = append(o, one...)
		}
	}
	for len(o)%4 != 0 {
		o = append(o, packet.KindEnd)
	}
	return o
}

func TestEncodeDecodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyPacket(t)
		b, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := packet.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpPacket, ignoreRaw); diff != "" {
			t.Errorf("(-encoded +decoded):\n%s", diff)
		}
		if !got.ChecksumOK() {
			t.Error("its checksums are wrong")
		}
	})
}

func TestChecksumSeesEveryFlippedBit(t *testing.T) {
	for name, s := range map[string]string{"IPv4": synIPv4, "IPv6": synIPv6} {
		t.Run(name, func(t *testing.T) {
			b := raw(t, s)
			for bit := range len(b) * 8 {
				flipped := slices.Clone(b)
				flipped[bit/8] ^= 1 << (bit % 8)
				p, err := packet.Decode(flipped)
				// What IPv6 has no checksum over: version, class, flow label, hop limit.
				uncovered := p.Version == 6 && (bit/8 < 4 || bit/8 == 7)
				if err == nil && p.IsTCP() && p.ChecksumOK() && !uncovered {
					t.Errorf("bit %d flipped, and the checksums hold", bit)
				}
			}
		})
	}
	var nothing packet.Packet
	if nothing.ChecksumOK() {
		t.Error("a packet never decoded has no right checksum")
	}
}

func TestEncodeDefaults(t *testing.T) {
	p := packet.Packet{
		Src: netip.MustParseAddrPort("192.0.2.1:1"), Dst: netip.MustParseAddrPort("192.0.2.2:2"),
		Flags: packet.RST, Options: packet.Options{packet.KindWindowScale, 3, 7},
	}
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := packet.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.TTL != 64 || !got.IsTCP() || len(got.Options) != 4 {
		t.Errorf("TTL %d, %s, %d bytes of options; want 64, tcp, 4", got.TTL, got.ProtoName(), len(got.Options))
	}
}

func TestEncodeErrors(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("[2001:db8::1]:1")
	tests := []struct {
		name string
		p    packet.Packet
		err  string
	}{
		{"ICMP", packet.Packet{Src: v4, Dst: v4, Proto: packet.ProtoICMP}, "only TCP and UDP can be built, not icmp"},
		{"a fragment", packet.Packet{Src: v4, Dst: v4, Proto: packet.ProtoTCP, Fragment: true}, "not tcp fragment"},
		{"malformed", packet.Packet{Src: v4, Dst: v4, Proto: packet.ProtoTCP, HeaderLen: 20, Malformed: true}, "not tcp malformed"},
		{"no address", packet.Packet{Src: v4}, "no address: 192.0.2.1 > invalid IP"},
		{"mixed versions", packet.Packet{Src: v4, Dst: v6}, "addresses of different IP versions: 192.0.2.1 > 2001:db8::1"},
		{"version contradicts", packet.Packet{Version: 6, Src: v4, Dst: v4}, "IP version 6, but the addresses are 192.0.2.1"},
		{"options too long", packet.Packet{Src: v4, Dst: v4, Options: make([]byte, 41)}, "41 bytes of options, the most is 40"},
		{"IPv4 too long", packet.Packet{Src: v4, Dst: v4, Payload: make([]byte, 65496)}, "length 65536 does not fit its field, the most is 65535"},
		{"IPv6 too long", packet.Packet{Src: v6, Dst: v6, Payload: make([]byte, 65516)}, "length 65536 does not fit its field, the most is 65535"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.p.Encode(); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want one that says %q", err, tt.err)
			}
		})
	}
}
