package packet_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockproof/lib/packet"
)

// cmpPacket compares packets by content: empty and nil slices are alike.
var cmpPacket = cmp.Options{
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.EquateEmpty(),
}

// segmentFields are those of a TCP segment.
type segmentFields struct {
	flags    string
	seq, ack uint32
	win      uint16
	options  []string
	payload  string
}

// recordedPackets are packets that were captured, and what they say.
var recordedPackets = []struct {
	name, raw     string
	version       uint8
	src, dst      string
	proto         string
	ttl           uint8
	id            uint16
	headerLen     int
	checksumWrong bool
	tcp           segmentFields
}{
	{
		name: "SYN over IPv4", raw: synIPv4, version: 4, proto: "tcp", ttl: 64, id: 0x88c0, headerLen: 20,
		src: "192.0.2.1:40000", dst: "192.0.2.2:8080",
		tcp: segmentFields{
			flags: "SYN", seq: 0xf14f64d3, win: 64240,
			options: []string{"mss 1460", "sackOK", "TS val 3157278722 ecr 0", "wscale 10"},
		},
	},
	{
		name: "SYN over IPv6", raw: synIPv6, version: 6, proto: "tcp", ttl: 64, headerLen: 40,
		src: "[2001:db8::1]:40000", dst: "[2001:db8::2]:8080",
		tcp: segmentFields{
			flags: "SYN", seq: 0x5818c715, win: 64800,
			options: []string{"mss 1440", "sackOK", "TS val 1089946831 ecr 0", "wscale 10"},
		},
	},
	{
		name: "SYN asking for a Fast Open cookie", raw: synFastOpen, version: 4, proto: "tcp", ttl: 64, id: 0x1610, headerLen: 20,
		src: "192.0.2.1:42792", dst: "192.0.2.2:8080",
		tcp: segmentFields{
			flags: "SYN", seq: 0xbfd05e77, win: 64240,
			options: []string{"mss 1460", "sackOK", "TS val 3223851514 ecr 0", "wscale 10", "tfo"},
		},
	},
	{
		name: "SYN of MPTCP", raw: synMPTCP, version: 4, proto: "tcp", ttl: 64, id: 0x2211, headerLen: 20,
		src: "192.0.2.1:42798", dst: "192.0.2.2:8080",
		tcp: segmentFields{
			flags: "SYN", seq: 0x1a9d9a78, win: 64240,
			options: []string{"mss 1460", "sackOK", "TS val 1976837422 ecr 0", "wscale 10", "kind 30 (4 bytes)"},
		},
	},
	{
		name: "data over lo", raw: dataOverLo, version: 4, proto: "tcp", ttl: 64, id: 0x0c26, headerLen: 20,
		src: "127.0.0.1:40000", dst: "127.0.0.1:8080", checksumWrong: true,
		tcp: segmentFields{
			flags: "PSH,ACK", seq: 0xd2c10c08, ack: 0xf9b22ff7, win: 64,
			options: []string{"TS val 2690107442 ecr 1789867959"}, payload: "hello",
		},
	},
	{
		name: "UDP", raw: udpIPv4, version: 4, proto: "udp", ttl: 64, id: 0x9ba4, headerLen: 20,
		src: "192.0.2.1:53743", dst: "192.0.2.2:53", tcp: segmentFields{flags: "none", payload: "hi"},
	},
	{
		name: "ICMPv6", raw: icmpv6, version: 6, proto: "icmpv6", ttl: 255, headerLen: 40,
		src: "[fe80::414e:2933:f017:7c2b]:0", dst: "[ff02::2]:0", tcp: segmentFields{flags: "none"},
	},
	{
		name: "fragment", raw: fragmentIPv4, version: 4, proto: "udp fragment", ttl: 64, id: 0x9ba5, headerLen: 20,
		src: "192.0.2.1:0", dst: "192.0.2.2:0", tcp: segmentFields{flags: "none"},
	},
}

func TestDecodeRecorded(t *testing.T) {
	for _, tt := range recordedPackets {
		t.Run(tt.name, func(t *testing.T) {
			b := raw(t, tt.raw)
			// What a capture's buffer holds after the packet is not part of it.
			p, err := packet.Decode(append(slices.Clone(b), "padding"...))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Raw, b) {
				t.Errorf("Raw = %x, want %x", p.Raw, b)
			}
			got := []any{
				p.Version, p.Src.String(), p.Dst.String(), p.ProtoName(), p.TTL, p.ID, p.HeaderLen, !p.ChecksumOK(),
				p.Flags.String(), p.Seq, p.Ack, p.Win, p.Options.Strings(), string(p.Payload),
			}
			want := []any{
				tt.version, tt.src, tt.dst, tt.proto, tt.ttl, tt.id, tt.headerLen, tt.checksumWrong,
				tt.tcp.flags, tt.tcp.seq, tt.tcp.ack, tt.tcp.win, tt.tcp.options, tt.tcp.payload,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

// chain builds an IPv6 packet from 2001:db8::1 to ::2 with the headers given,
// each of which names the next one in its first byte.
func chain(t *testing.T, first byte, headers ...string) []byte {
	t.Helper()
	b := raw(t, synIPv6)[:40]
	b[6] = first
	for _, h := range headers {
		b = append(b, raw(t, h)...)
	}
	b[4], b[5] = byte((len(b)-40)>>8), byte(len(b)-40)
	return b
}

func TestDecodeExtensionHeaders(t *testing.T) {
	tcp := "9c401f90 5818c715 00000000 5002fd20 00000000"
	tests := []struct {
		name      string
		raw       []byte
		proto     string
		headerLen int
	}{
		{"hop-by-hop, MLD's router alert", chain(t, 0, "3a00 0502 0000 0100", "8f00 0000 0000 0000"), "icmpv6", 48},
		{"hop-by-hop, destination, routing", chain(t, 0, "3c00 0104 00000000", "2b01 010c 000000000000000000000000", "0600 0400 00000000", tcp), "tcp", 72},
		{"atomic fragment", chain(t, 44, "06ff 0000 12345678", tcp), "tcp", 48},
		{"first fragment", chain(t, 44, "0600 0001 12345678", tcp), "tcp fragment", 48},
		{"last fragment of an extension header", chain(t, 44, "3c00 0008 12345678", tcp), "60 fragment", 48},
		{"nothing follows", chain(t, 59, "01020304"), "59", 40},
		{"ESP", chain(t, 50, "0102030405060708"), "50", 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := packet.Decode(tt.raw)
			if err != nil {
				t.Fatal(err)
			}
			if p.ProtoName() != tt.proto || p.HeaderLen != tt.headerLen {
				t.Errorf("decoded as %s after %d bytes, want %s after %d", p.ProtoName(), p.HeaderLen, tt.proto, tt.headerLen)
			}
			if p.IsTCP() && p.Seq != 0x5818c715 {
				t.Errorf("seq = %#x: the TCP header was not found", p.Seq)
			}
		})
	}
}

func TestDecodeIPv4Options(t *testing.T) {
	b := slices.Insert(raw(t, synIPv4), 20, 0x94, 4, 0, 0) // router alert, RFC 2113
	b[0], b[3] = 0x46, b[3]+4
	p, err := packet.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if mss := p.Options.Strings()[0]; p.HeaderLen != 24 || p.Src.Port() != 40000 || mss != "mss 1460" {
		t.Errorf("header of %d bytes, source port %d, %s; want 24, 40000, mss 1460", p.HeaderLen, p.Src.Port(), mss)
	}
}

func TestDecodeErrors(t *testing.T) {
	v4, v6 := raw(t, synIPv4), raw(t, synIPv6)
	with := func(b []byte, at int, value ...byte) []byte {
		return slices.Replace(slices.Clone(b), at, at+len(value), value...)
	}
	tests := []struct {
		name  string
		raw   []byte
		err   string
		proto string
	}{
		{"nothing", nil, "empty", "ip malformed"},
		{"prose, whose h is 0x68", []byte("hello"), "IPv6 header cut short: 5 of 40 bytes", "ip malformed"},
		{"other version", with(v4, 0, 0x55), "IP version 5, neither 4 nor 6", "ip malformed"},
		{"IPv4 header cut", v4[:19], "IPv4 header cut short: 19 of 20 bytes", "ip malformed"},
		{"IPv4 header too small", with(v4, 0, 0x44), "IPv4 header says it is 16 bytes long, the least is 20", "ip malformed"},
		{"IPv4 total length too small", with(v4, 2, 0, 19), "IPv4 total length 19 is less than its header's 20", "ip malformed"},
		{"IPv4 packet cut", v4[:59], "IPv4 packet cut short: 59 of 60 bytes", "ip malformed"},
		{"TCP header cut", with(v4, 2, 0, 39)[:39], "TCP header cut short: 19 of 20 bytes", "tcp malformed"},
		{"TCP header too small", with(v4, 32, 0x40), "TCP header says it is 16 bytes long, the least is 20", "tcp malformed"},
		{"TCP options cut", with(v4, 2, 0, 59)[:59], "TCP options cut short: 19 of 20 bytes", "tcp malformed"},
		{"IPv6 header cut", v6[:39], "IPv6 header cut short: 39 of 40 bytes", "ip malformed"},
		{"IPv6 packet cut", v6[:79], "IPv6 packet cut short: 79 of 80 bytes", "ip malformed"},
		{"hop-by-hop cut", chain(t, 0, "06000000"), "IPv6 hop-by-hop options cut short: 4 of 8 bytes", "0 malformed"},
		{"destination options cut", chain(t, 60, "0601000000000000"), "IPv6 destination options cut short: 8 of 16 bytes", "60 malformed"},
		{"routing header cut", chain(t, 43), "IPv6 routing header cut short: 0 of 8 bytes", "43 malformed"},
		{"fragment header cut", chain(t, 44, "06"), "IPv6 fragment header cut short: 1 of 8 bytes", "44 malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := packet.Decode(tt.raw)
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want one that says %q", err, tt.err)
			}
			if p.IsTCP() || p.ProtoName() != tt.proto || !slices.Equal(p.Raw, tt.raw) {
				t.Errorf("decoded as %q, want %q", p.ProtoName(), tt.proto)
			}
		})
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	b := raw(t, synIPv6)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := packet.Decode(b); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, bb := range []struct{ name, raw string }{{"IPv4", synIPv4}, {"IPv6", synIPv6}} {
		b.Run(bb.name, func(b *testing.B) {
			r := raw(b, bb.raw)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := packet.Decode(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEvent(b *testing.B) {
	p, err := packet.Decode(raw(b, synIPv6))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		packet.Event(p, "sent")
	}
}
