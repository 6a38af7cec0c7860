package main

import (
	"net/netip"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// strangerPort is from where the strangers send.
const strangerPort = 1024

// firstStranger is the last byte of the first stranger's address: the hosts of the wire have
// 1 and 2.
const firstStranger = 100

// stranger is an address on the wire's network that belongs to no host: what is sent there
// is not answered.
func stranger(t *scenario.T, i int) netip.AddrPort {
	b := t.Host("b").At(0).Addr().AsSlice()
	b[len(b)-1] = byte(firstStranger + i)
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a, strangerPort)
}

// mss is what strangers announce.
const mss = 1440

// syn is a stranger's SYN.
func syn(from, to netip.AddrPort, seq uint32, mss uint16) packet.Packet {
	return packet.Packet{
		Src: from, Dst: to, Seq: seq, Flags: packet.SYN, Win: 64240,
		Options: packet.Options{packet.KindMSS, 4, byte(mss >> 8), byte(mss)},
	}
}

// strangers let a SYN of each of n strangers come to a listener, which is the only trace of
// them: no packet leaves this machine.
func strangers(t *scenario.T, l *scenario.Listener, n int) {
	for i := range n {
		t.Inject(syn(stranger(t, i), l.At, uint32(i)<<16, mss))
	}
}

// halfOpen counts the half-open connections of a listener in a listing.
func halfOpen(table *journal.Event, l *tcp.Socket) int {
	n := 0
	for _, text := range table.Table.Sockets {
		if x, ok := journal.ParseListed(text); ok && x.State == journal.SynRecv && x.Local == l.Local {
			n++
		}
	}
	return n
}

// unanswered lists the SYNs that came to a listener up to an event and drew no SYN-ACK.
func unanswered(v *tcp.View, l *tcp.Socket, before int) []*tcp.Segment {
	answered := map[journal.Address]bool{}
	for _, e := range v.Ends {
		if e.Passive && e.Local == l.Local {
			answered[e.Remote] = true
		}
	}
	return tcp.Where(append(v.Segments(journal.AtInjected), v.Segments(journal.AtDelivered)...), func(s *tcp.Segment) bool {
		return s.Is(packet.SYN) && s.Packet.Dst == l.Local && !answered[s.Packet.Src] && (before == 0 || s.N < before)
	})
}
