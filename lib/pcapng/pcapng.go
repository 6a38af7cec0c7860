// Package pcapng writes and reads captures of IP packets in the form that
// Wireshark opens: draft-ietf-opsawg-pcapng, one section, little-endian, times in
// nanoseconds. It has the blocks that evidence needs and no others, and works on
// bytes alone, on every platform.
package pcapng

import "net/netip"

// Capture is one section: what is known of the machine, the interfaces, the
// names of addresses, the packets in order, and what was counted.
type Capture struct {
	Section    Section
	Interfaces []Interface
	Names      []Name
	Packets    []Packet
	Statistics []Statistics
}

// Section is what the Section Header Block says (section 4.1). Empty: not said.
type Section struct {
	Comment     string
	Hardware    string
	OS          string
	Application string
}

// Interface is where packets were seen (Interface Description Block, section
// 4.2). Its packets begin with an IP header (LINKTYPE_RAW).
type Interface struct {
	Name        string
	Description string
}

// Name is what an address is called (Name Resolution Block, section 4.5).
type Name struct {
	Addr netip.Addr
	Name string
}

// Direction says which way a packet went at its interface (epb_flags, section 4.3.1).
type Direction uint8

// The directions.
const (
	Unknown Direction = iota
	Inbound
	Outbound
)

// Packet is one packet (Enhanced Packet Block, section 4.3), whole.
type Packet struct {
	Interface int    // an index of Capture.Interfaces
	T         uint64 // nanoseconds since 1970, UTC
	Data      []byte // from its IP header
	Direction Direction
	Comment   string
}

// Statistics is what was counted at an interface (Interface Statistics Block,
// section 4.6).
type Statistics struct {
	Interface int
	T         uint64 // nanoseconds since 1970, UTC: when it was counted
	Received  uint64 // packets seen
	Dropped   uint64 // packets that whoever watched missed
	Comment   string
}

// The blocks' types (section 11.1).
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockNames      = 4
	blockStatistics = 5
	blockPacket     = 6
)

// byteOrder tells a reader that numbers are little-endian (section 4.1).
const byteOrder = 0x1a2b3c4d

// linkRaw is LINKTYPE_RAW: a packet begins with its IP header, whose version
// tells IPv4 from IPv6.
const linkRaw = 101

// The options (sections 3.5, 4.1 to 4.6).
const (
	optEnd     = 0
	optComment = 1

	optHardware    = 2 // of the section
	optOS          = 3
	optApplication = 4

	optName        = 2 // of an interface
	optDescription = 3
	optResolution  = 9

	optFlags = 2 // of a packet

	optReceived = 4 // of statistics
	optDropped  = 5
)

// nanoseconds is the value of if_tsresol for times in units of 10⁻⁹ s.
const nanoseconds = 9

// The kinds of record in a name resolution block (section 4.5).
const (
	nameIPv4 = 1
	nameIPv6 = 2
)

// Cut is as much of a text as an option holds.
func Cut(s string) string { return s[:min(len(s), maxOption)] }

// maxOption is the longest option, by its length field.
const maxOption = 0xffff
