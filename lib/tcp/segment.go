package tcp

import (
	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// Segment is one TCP segment where it was seen: as it left a host, or as it entered
// one. On loopback and host it was captured once, and stands for both.
type Segment struct {
	*journal.Event
	Timestamp uint32 // TSval of RFC 7323
	Echo      uint32 // TSecr
	Stamped   bool   // it has one
	Scale     uint8  // of a SYN: the window scale, 0 without the option
	Scaled    bool   // it has one

	// Repeats is the number of the event of the earlier segment that this one says again: a
	// retransmission, a duplicate ACK. 0: a first transmission, or a first arrival.
	Repeats int

	// Payload is the data; nil where there is none, or where it was not kept.
	Payload []byte

	// Damaged: the steps let it arrive with a checksum that is wrong, so that TCP must not take it.
	Damaged bool

	packet packet.Packet // as its bytes have it; zero where they were not kept
}

// leastHeader is how long a header is without options, in bytes.
const leastHeader = 20

// newSegment reads an event of a TCP segment. Of a packet that entered a host on the
// wire the bytes stand in the event in which it was sent.
func newSegment(e, sent *journal.Event) *Segment {
	s := &Segment{Event: e}
	s.Timestamp, s.Echo, s.Stamped = e.Packet.Options.Timestamps()
	s.Scale, s.Scaled = e.Packet.Options.WindowScale()
	raw := e.Packet.Bytes
	hidden := e.Packet.Payload != nil
	if len(raw) == 0 && sent != nil && sent.Packet != nil {
		raw, hidden = sent.Packet.Bytes, sent.Packet.Payload != nil
	}
	p, err := packet.Decode(raw)
	if p.Proto == packet.ProtoTCP && len(raw) >= p.HeaderLen+leastHeader {
		s.packet = p
	}
	if err == nil && p.IsTCP() {
		s.Damaged = e.Packet.At == journal.AtInjected && len(e.Packet.Bytes) > 0 && !hidden && !p.ChecksumOK()
		if !hidden && len(p.Payload) == e.Packet.Len {
			s.Payload = p.Payload
		}
	}
	return s
}

// Has says whether every flag of want is set.
func (s *Segment) Has(want packet.Flags) bool { return s.Packet.Flags.Has(want) }

// isOpening says whether it is a SYN without ACK.
func (s *Segment) isOpening() bool { return s.Has(packet.SYN) && !s.Has(packet.ACK) }

// occupied is how much of the sequence space it takes (RFC 9293 §3.4).
func (s *Segment) occupied() uint32 {
	n := uint32(s.Packet.Len)
	if s.Has(packet.SYN) {
		n++
	}
	if s.Has(packet.FIN) {
		n++
	}
	return n
}

// end is the sequence number after it.
func (s *Segment) end() uint32 { return s.Packet.Seq + s.occupied() }

// entered says whether it entered its destination.
func (s *Segment) entered() bool {
	return s.Packet.At == journal.AtDelivered || s.Packet.At == journal.AtInjected
}

// longestSegment is more than any segment has: on lo the largest that the kernel hands over whole
// (GSO_MAX_SIZE in include/linux/netdevice.h).
const longestSegment = 8 * 65536

// madeUp says whether it is none that a host has sent: the steps made it.
func (s *Segment) madeUp() bool { return s.Packet.At == journal.AtInjected && s.Packet.Of == 0 }

// isSegment says whether an event is a TCP segment on its own.
func isSegment(e *journal.Event) bool {
	p := e.Packet
	return p != nil && p.Proto == "" && p.Bulk == nil && p.Len >= 0 && p.Len <= longestSegment
}

// Before says whether one sequence number comes before another. They wrap, so that what counts is
// the sign of their difference (RFC 9293 §3.4; before() in include/net/tcp.h).
func Before(x, y uint32) bool { return after(y, x) }

// after compares sequence numbers, which wrap (RFC 9293 §3.4).
func after(x, y uint32) bool { return int32(x-y) > 0 }

// ahead is by how much x is ahead of y.
func ahead(x, y uint32) int { return int(int32(x - y)) }
