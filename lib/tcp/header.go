package tcp

import (
	"encoding/binary"

	"sockproof/lib/packet"
)

// Header is a segment's header as its bytes have it (RFC 9293 §3.1).
type Header struct {
	Offset   uint16 // the sixteen bits of data offset, reserved bits and flags
	Urgent   uint16 // the urgent pointer
	Options  packet.Options
	Checksum bool // it is right
}

// Header reads it; false: the bytes were not kept.
func (s *Segment) Header() (h Header, ok bool) {
	p := &s.packet
	if len(p.Raw) == 0 {
		return Header{}, false
	}
	return Header{binary.BigEndian.Uint16(p.Raw[p.HeaderLen+12:]), p.Urgent, p.Options, p.ChecksumOK()}, true
}

// Bytes is the segment from its header on; nil: it was not kept.
func (s *Segment) Bytes() []byte { return s.packet.Raw[s.packet.HeaderLen:] }

// Length is how long the header is, in bytes: the data offset counts words of four.
func (h Header) Length() int { return int(h.Offset>>12) * 4 }

// Reserved are the six bits that RFC 793 reserved: RFC 3168 and RFC 9768 have made three of them flags.
func (h Header) Reserved() uint16 { return h.Offset >> 6 & 0x3f }
