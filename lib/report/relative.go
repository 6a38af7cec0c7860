package report

import (
	"sockproof/lib/journal"
)

// relative turns sequence numbers into offsets from where their sender began,
// as tcpdump and Wireshark do: a SYN has 0, the first byte of data 1.
type relative struct {
	base map[direction]uint32
}

// direction is one way of a connection. Where a socket is connected to itself,
// both ways are the same, and so is where they begin.
type direction struct{ src, dst journal.Address }

// see learns from a packet where its sender's numbers begin. A SYN with
// another number is a new incarnation of the connection and moves the base,
// unless the packet is injected: its sender need not have sent it now, or ever.
func (r *relative) see(p *journal.Packet) {
	if p.Proto != "" || p.Bulk != nil {
		return
	}
	if r.base == nil {
		r.base = map[direction]uint32{}
	}
	var (
		out, in = direction{p.Src, p.Dst}, direction{p.Dst, p.Src}
		syn     = p.Flags.Has(journal.SYN)
	)
	if _, known := r.base[out]; !known || syn && p.At != journal.AtInjected {
		r.base[out] = p.Seq
	}
	if _, known := r.base[in]; !known && p.Flags.Has(journal.ACK) {
		r.base[in] = p.Ack
		if syn { // it acknowledges a SYN that was not seen
			r.base[in] = p.Ack - 1
		}
	}
}

// skip leaves bulk out of the numbers that follow it: how much it is may be left to
// chance.
func (r *relative) skip(bulk *journal.Packet) {
	if _, known := r.base[direction{bulk.Src, bulk.Dst}]; known {
		r.base[direction{bulk.Src, bulk.Dst}] += uint32(bulk.Bulk.TCPBytes)
	}
}

// seq and ack return a packet's numbers, negative before the base: a keepalive
// probe, a segment of an earlier incarnation.
func (r *relative) seq(p *journal.Packet) int64 {
	if p.Seq == 0 && p.Flags.Has(journal.RST) {
		return 0 // nothing was known of the connection: no number of it
	}
	return int64(int32(p.Seq - r.base[direction{p.Src, p.Dst}]))
}

func (r *relative) ack(p *journal.Packet) int64 {
	return int64(int32(p.Ack - r.base[direction{p.Dst, p.Src}]))
}
