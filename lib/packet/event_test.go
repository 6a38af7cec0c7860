package packet_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

func TestEvent(t *testing.T) {
	tests := []struct {
		name string
		raw  []byte
		want journal.Packet
	}{
		{"TCP over IPv4", raw(t, dataOverLo), journal.Packet{
			Src: "127.0.0.1:40000", Dst: "127.0.0.1:8080", Flags: journal.PSH | journal.ACK, Seq: 0xd2c10c08, Ack: 0xf9b22ff7,
			Win: 64, Len: 5, Options: []string{"TS val 2690107442 ecr 1789867959"},
		}},
		{"TCP over IPv6", raw(t, synIPv6), journal.Packet{
			Src: "[2001:db8::1]:40000", Dst: "[2001:db8::2]:8080", Flags: journal.SYN, Seq: 0x5818c715, Win: 64800,
			Options: []string{"mss 1440", "sackOK", "TS val 1089946831 ecr 0", "wscale 10"},
		}},
		{"UDP", raw(t, udpIPv4), journal.Packet{Src: "192.0.2.1:53743", Dst: "192.0.2.2:53", Proto: "udp", Len: 2}},
		{"ICMPv6", raw(t, icmpv6), journal.Packet{
			Src: "fe80::414e:2933:f017:7c2b", Dst: "ff02::2", Proto: "icmpv6", ICMP: &journal.ICMP{Type: 133},
		}},
		{"not an IP packet", []byte{0}, journal.Packet{Proto: "ip malformed"}},
		{"cut short", raw(t, synIPv4)[:50], journal.Packet{
			Src: "192.0.2.1", Dst: "192.0.2.2", Proto: "ip malformed",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := packet.Decode(tt.raw) // an undecodable packet has its event too
			tt.want.At, tt.want.Bytes = journal.AtSent, append([]byte(nil), tt.raw...)
			got := packet.Event(p, journal.AtSent)
			clear(tt.raw) // the event must not share the capture's memory
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
