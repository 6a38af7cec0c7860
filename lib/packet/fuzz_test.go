package packet_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/packet"
)

// FuzzDecode: no bytes make Decode, or anything done with what it returns,
// panic; and a TCP or UDP packet it decodes, encoded and decoded again, is the same, and an ICMP
// message about it says so.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{synIPv4, synIPv6, synFastOpen, synMPTCP, dataOverLo, udpIPv4, icmpv6, fragmentIPv4} {
		f.Add(raw(f, s))
	}
	f.Add(raw(f, synIPv4)[:30])
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := packet.Decode(b)
		packet.Event(p, "sent")
		p.ChecksumOK()
		p.Options.Timestamps()
		if err != nil || !p.IsTCP() && !p.IsUDP() {
			return
		}
		quotes(t, &p)
		again, err := p.Encode()
		if err != nil {
			t.Fatalf("decoded, but: %v", err)
		}
		q, err := packet.Decode(again)
		if err != nil {
			t.Fatalf("encoded, but: %v", err)
		}
		if p.TTL == 0 {
			p.TTL = 64 // as Encode documents
		}
		if diff := cmp.Diff(p, q, cmpPacket, ignoreRaw); diff != "" {
			t.Errorf("(-decoded +encoded and decoded again):\n%s", diff)
		}
		if !q.ChecksumOK() {
			t.Error("the checksums of what was encoded are wrong")
		}
	})
}
