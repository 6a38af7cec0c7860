package packet_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"

	"sockproof/lib/packet"
)

// What we encode, gopacket decodes to the same fields and, encoding them with
// lengths and checksums of its own, to the same bytes.
func TestEncodeAgainstGopacket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPacket(t)
		// gopacket reads options for itself and pads in its own way: give both
		// what leaves no choice.
		mss := rapid.Uint16().Draw(t, "mss")
		p.Options = packet.Options{packet.KindMSS, 4, byte(mss >> 8), byte(mss), packet.KindSACKPermitted, 2, packet.KindTimestamps, 10, 0, 0, 0, 1, 0, 0, 0, 2}
		ours, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		ip, tcp := gopacketDecode(t, p.Version, ours)
		if diff := cmp.Diff(fields(p), gopacketFields(ip, tcp)); diff != "" {
			t.Errorf("(-ours +gopacket's):\n%s", diff)
		}
		if theirs := gopacketEncode(t, ip, tcp); !slices.Equal(ours, theirs) {
			t.Errorf("ours   %x\ntheirs %x", ours, theirs)
		}
	})
}

// What gopacket encodes, we decode to the same fields and find correct.
func TestDecodeAgainstGopacket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPacket(t)
		tcp := &layers.TCP{
			BaseLayer: layers.BaseLayer{Payload: p.Payload},
			SrcPort:   layers.TCPPort(p.Src.Port()), DstPort: layers.TCPPort(p.Dst.Port()),
			Seq: p.Seq, Ack: p.Ack, Window: p.Win, Urgent: p.Urgent,
			FIN: p.Flags.Has(packet.FIN), SYN: p.Flags.Has(packet.SYN), RST: p.Flags.Has(packet.RST), PSH: p.Flags.Has(packet.PSH),
			ACK: p.Flags.Has(packet.ACK), URG: p.Flags.Has(packet.URG), ECE: p.Flags.Has(packet.ECE), CWR: p.Flags.Has(packet.CWR),
		}
		p.Options = packet.Options{packet.KindWindowScale, 3, rapid.Uint8().Draw(t, "wscale")}
		tcp.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: p.Options[2:3]}}
		p.Options = append(p.Options, packet.KindEnd)

		var ip gopacket.NetworkLayer = &layers.IPv4{
			Version: 4, TOS: p.Class, Id: p.ID, TTL: p.TTL, Protocol: layers.IPProtocolTCP, Flags: layers.IPv4DontFragment,
			SrcIP: p.Src.Addr().AsSlice(), DstIP: p.Dst.Addr().AsSlice(),
		}
		if p.Version == 6 {
			ip = &layers.IPv6{
				Version: 6, TrafficClass: p.Class, HopLimit: p.TTL, NextHeader: layers.IPProtocolTCP,
				SrcIP: p.Src.Addr().AsSlice(), DstIP: p.Dst.Addr().AsSlice(),
			}
		}
		got, err := packet.Decode(gopacketEncode(t, ip, tcp))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got, cmpPacket, ignoreRaw); diff != "" {
			t.Errorf("(-gopacket's +ours):\n%s", diff)
		}
		if !got.ChecksumOK() {
			t.Error("gopacket's checksums are wrong, we say")
		}
	})
}

func gopacketDecode(t *rapid.T, version uint8, b []byte) (gopacket.NetworkLayer, *layers.TCP) {
	first := layers.LayerTypeIPv4
	if version == 6 {
		first = layers.LayerTypeIPv6
	}
	d := gopacket.NewPacket(b, first, gopacket.Default)
	if d.ErrorLayer() != nil && d.ErrorLayer().LayerType() != gopacket.LayerTypeDecodeFailure {
		t.Fatal(d.ErrorLayer().Error())
	}
	tcp, ok := d.Layer(layers.LayerTypeTCP).(*layers.TCP)
	if !ok {
		t.Fatalf("gopacket finds no TCP in %x", b)
	}
	return d.NetworkLayer(), tcp
}

func gopacketEncode(t *rapid.T, ip gopacket.NetworkLayer, tcp *layers.TCP) []byte {
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	layer, ok := ip.(gopacket.SerializableLayer)
	if !ok {
		t.Fatalf("gopacket cannot serialize %T", ip)
	}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		layer, tcp, gopacket.Payload(tcp.Payload))
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// fields renders a packet as gopacketFields renders gopacket's layers.
func fields(p packet.Packet) []string {
	return []string{
		p.Src.String(), p.Dst.String(), fmt.Sprint(p.Version, p.Class, p.TTL, p.ID),
		p.Flags.String(), fmt.Sprint(p.Seq, p.Ack, p.Win, p.Urgent, len(p.Options)/4), fmt.Sprintf("%x", p.Payload),
	}
}

func gopacketFields(ip gopacket.NetworkLayer, tcp *layers.TCP) []string {
	var header string
	switch ip := ip.(type) {
	case *layers.IPv4:
		header = fmt.Sprint(ip.Version, ip.TOS, ip.TTL, ip.Id)
	case *layers.IPv6:
		header = fmt.Sprint(ip.Version, ip.TrafficClass, ip.HopLimit, 0)
	}
	endpoint := func(e gopacket.Endpoint, port layers.TCPPort) string {
		a, _ := netip.AddrFromSlice(e.Raw())
		return netip.AddrPortFrom(a, uint16(port)).String()
	}
	var flags packet.Flags
	for i, set := range []bool{tcp.FIN, tcp.SYN, tcp.RST, tcp.PSH, tcp.ACK, tcp.URG, tcp.ECE, tcp.CWR} {
		if set {
			flags |= 1 << i
		}
	}
	return []string{
		endpoint(ip.NetworkFlow().Src(), tcp.SrcPort), endpoint(ip.NetworkFlow().Dst(), tcp.DstPort), header,
		flags.String(), fmt.Sprint(tcp.Seq, tcp.Ack, tcp.Window, tcp.Urgent, tcp.DataOffset-5), fmt.Sprintf("%x", tcp.Payload),
	}
}
