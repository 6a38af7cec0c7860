package packet

import (
	"bytes"
	"net/netip"
	"testing"
)

func TestRewrite(t *testing.T) {
	for _, version := range []struct{ src, dst, other string }{
		{"10.1.2.3:1000", "10.1.2.4:2000", "198.51.100.1"},
		{"[fd00::3]:1000", "[fd00::4]:2000", "2001:db8:ffff::1"},
	} {
		p := &Packet{
			Src: netip.MustParseAddrPort(version.src), Dst: netip.MustParseAddrPort(version.dst), Flags: ACK, Seq: 7,
			Options: Options{8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 30, 8, 0x30, 10, 1, 2, 3, 9}, Payload: []byte("hello host"),
		}
		raw, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		before, err := Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		other := netip.MustParseAddr(version.other)
		b, err := before.Rewrite(other, other, []byte("hello xxxx"))
		if err != nil {
			t.Fatal(err)
		}
		after, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if after.Src.Addr() != other || after.Dst != netip.AddrPortFrom(other, 2000) || string(after.Payload) != "hello xxxx" || !after.ChecksumOK() {
			t.Errorf("rewritten as %+v", after)
		}
		if val, ecr, ok := after.Options.Timestamps(); val != 1 || ecr != 2 || !ok || bytes.Contains(b, []byte{10, 1, 2, 3}) {
			t.Errorf("options %v in % x", after.Options.Strings(), b)
		}
		if _, err := before.Rewrite(other, other, []byte("longer than that")); err == nil {
			t.Error("a payload of another length is taken")
		}
		if _, err := before.Rewrite(netip.Addr{}, other, before.Payload); err == nil {
			t.Error("no address is taken")
		}
	}
}

// TestRewriteLeavesAlone checks that a packet in which nothing changes keeps its
// checksum, even one that lo has left partial.
func TestRewriteLeavesAlone(t *testing.T) {
	raw, err := (&Packet{Src: netip.MustParseAddrPort("127.0.0.1:1"), Dst: netip.MustParseAddrPort("127.0.0.1:2"), Flags: SYN, Options: Options{KindMSS, 4, 0, 9}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	raw[36] ^= 0x55
	p, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := p.Rewrite(p.Src.Addr(), p.Dst.Addr(), nil); err != nil || !bytes.Equal(b, raw) {
		t.Errorf("% x, %v", b, err)
	}
}

func TestCompleted(t *testing.T) {
	raw, err := (&Packet{Src: netip.MustParseAddrPort("127.0.0.1:1"), Dst: netip.MustParseAddrPort("127.0.0.1:2"), Payload: []byte("hello")}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	partial := bytes.Clone(raw)
	copy(partial[36:], []byte{0xfe, 0x21}) // 7f00 + 0001 twice, 6, 25
	wrong := bytes.Clone(raw)
	wrong[36] ^= 0x55
	for name, tt := range map[string]struct {
		raw []byte
		ok  bool
	}{"right": {raw, false}, "partial": {partial, true}, "wrong": {wrong, false}} {
		p, err := Decode(tt.raw)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := p.Completed(); ok != tt.ok || ok && !bytes.Equal(b, raw) {
			t.Errorf("%s: % x, %v", name, b, ok)
		}
	}
}

func TestRewriteRefusesWhatCanHideAddresses(t *testing.T) {
	raw, err := (&Packet{Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2")}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	withOptions := append(append(bytes.Clone(raw[:20]), 1, 1, 1, 0), raw[20:]...)
	withOptions[0], withOptions[3] = 0x46, byte(len(withOptions))
	udp, err := (&Packet{Proto: ProtoUDP, Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2")}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"IPv4 options": withOptions, "UDP": udp} {
		p, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Rewrite(p.Src.Addr(), p.Dst.Addr(), p.Payload); err == nil {
			t.Errorf("%s: rewritten", name)
		}
	}
}
