package packet_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// router is the address that a message about a packet comes from.
func router(p *packet.Packet) netip.Addr {
	if p.Version == 6 {
		return netip.MustParseAddr("2001:db8::fe")
	}
	return netip.MustParseAddr("192.0.2.254")
}

// quotes builds an ICMP message about a packet that was decoded, and reads it again.
func quotes(t *testing.T, about *packet.Packet) packet.Packet {
	t.Helper()
	raw, err := packet.EncodeUnreachable(router(about), packet.HostUnreachable, about)
	if err != nil {
		t.Fatal(err)
	}
	p, err := packet.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := p.ICMP()
	if !ok || !p.ChecksumOK() || p.Dst.Addr() != about.Src.Addr() {
		t.Fatalf("a message %v, its checksum %v, to %s", ok, p.ChecksumOK(), p.Dst)
	}
	if about.HeaderLen > 40 { // extension headers, which nobody looks behind
		return p
	}
	want := &packet.Quote{Proto: about.Proto, Src: about.Src, Dst: about.Dst, Seq: about.Seq}
	if diff := cmp.Diff(want, m.Quote, cmp.Comparer(func(x, y netip.AddrPort) bool { return x == y })); diff != "" {
		t.Errorf("(-about +quoted):\n%s", diff)
	}
	return p
}

// What EncodeUnreachable builds, gopacket reads so too.
func TestICMPAgainstGopacket(t *testing.T) {
	for name, s := range map[string]string{"TCP over IPv4": synIPv4, "UDP": udpIPv4} {
		t.Run(name, func(t *testing.T) {
			about, err := packet.Decode(raw(t, s))
			if err != nil {
				t.Fatal(err)
			}
			p := quotes(t, &about)
			d := gopacket.NewPacket(p.Raw, layers.LayerTypeIPv4, gopacket.Default)
			m, ok := d.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4)
			if !ok || m.TypeCode != layers.CreateICMPv4TypeCode(layers.ICMPv4TypeDestinationUnreachable, layers.ICMPv4CodeHost) {
				t.Errorf("gopacket finds %v", m)
			}
		})
	}
	about, err := packet.Decode(raw(t, synIPv6))
	if err != nil {
		t.Fatal(err)
	}
	p := quotes(t, &about)
	d := gopacket.NewPacket(p.Raw, layers.LayerTypeIPv6, gopacket.Default)
	m, ok := d.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6)
	if !ok || m.TypeCode.Type() != layers.ICMPv6TypeDestinationUnreachable || m.TypeCode.Code() != layers.ICMPv6CodeAddressUnreachable {
		t.Errorf("gopacket finds %v", m)
	}
}

// A quote that is too short is none, and a message that cannot be about a packet is not built.
func TestICMPCutShort(t *testing.T) {
	about, err := packet.Decode(raw(t, synIPv4))
	if err != nil {
		t.Fatal(err)
	}
	p := quotes(t, &about)
	for n := range len(p.Raw) {
		cut := p
		cut.Raw = p.Raw[:n]
		m, ok := cut.ICMP()
		if want := n >= 28; ok != want {
			t.Errorf("%d bytes: a message %v, want %v", n, ok, want)
		}
		if want := n >= 28+28; (m.Quote != nil) != want {
			t.Errorf("%d bytes: a quote %v, want %v", n, m.Quote != nil, want)
		}
	}
	bad, err := packet.Decode(raw(t, synIPv4)[:30])
	if err == nil {
		t.Fatal("decoded")
	}
	if _, err := packet.EncodeUnreachable(router(&bad), packet.HostUnreachable, &bad); err == nil {
		t.Error("a message about half a packet was built")
	}
	if _, err := packet.EncodeUnreachable(netip.MustParseAddr("2001:db8::fe"), packet.HostUnreachable, &about); err == nil {
		t.Error("a message over IPv6 about a packet of IPv4 was built")
	}
}

func TestICMPNames(t *testing.T) {
	tests := []struct {
		proto string
		m     *journal.ICMP
		want  string
	}{
		{"icmp", &journal.ICMP{Type: 3, Code: 1}, "host unreachable"},
		{"icmp", &journal.ICMP{Type: 3, Code: 4, MTU: 1400}, "fragmentation needed, MTU 1400"},
		{"icmp", &journal.ICMP{Type: 8}, "type 8 code 0"},
		{"icmpv6", &journal.ICMP{Type: 1, Code: 3}, "address unreachable"},
		{"icmpv6", nil, "icmpv6"},
	}
	for _, tt := range tests {
		if got := (&journal.Packet{Proto: tt.proto, ICMP: tt.m}).ICMPName(); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.m, got, tt.want)
		}
	}
}

// A UDP packet built from fields is read by gopacket, with its checksum right.
func TestUDPAgainstGopacket(t *testing.T) {
	for _, hosts := range [][2]string{{"192.0.2.1:1000", "192.0.2.2:53"}, {"[2001:db8::1]:1000", "[2001:db8::2]:53"}} {
		p := packet.Packet{Proto: packet.ProtoUDP, Src: netip.MustParseAddrPort(hosts[0]), Dst: netip.MustParseAddrPort(hosts[1]), Payload: []byte("hello")}
		b, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		first := layers.LayerTypeIPv4
		if p.Src.Addr().Is6() {
			first = layers.LayerTypeIPv6
		}
		d := gopacket.NewPacket(b, first, gopacket.Default)
		udp, ok := d.Layer(layers.LayerTypeUDP).(*layers.UDP)
		if !ok || udp.DstPort != 53 || string(udp.Payload) != "hello" {
			t.Errorf("gopacket finds %v", udp)
		}
		got, err := packet.Decode(b)
		if err != nil || !got.ChecksumOK() || string(got.Payload) != "hello" || got.Dst != p.Dst {
			t.Errorf("%v to %s, its checksum %v: %v", got.Payload, got.Dst, got.ChecksumOK(), err)
		}
	}
}
