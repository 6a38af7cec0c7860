package pcapng

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Encode writes the capture: the section, its interfaces, the names, the packets
// and the statistics, each in the order given. A comment or name longer than an
// option can be (65,535 bytes) is cut, and so is a name at a zero byte, which
// would end it.
//
// It is an error if a packet or a statistic names an interface that is not there,
// or a name has no address.
func (c *Capture) Encode() ([]byte, error) {
	e := &encoder{b: make([]byte, 0, c.size())}
	e.section(&c.Section)
	for i := range c.Interfaces {
		e.iface(&c.Interfaces[i])
	}
	if err := e.names(c.Names); err != nil {
		return nil, err
	}
	for i := range c.Packets {
		if n := c.Packets[i].Interface; n < 0 || n >= len(c.Interfaces) {
			return nil, fmt.Errorf("pcapng: packet %d: no interface %d", i+1, n)
		}
		e.packet(&c.Packets[i])
	}
	for i := range c.Statistics {
		if n := c.Statistics[i].Interface; n < 0 || n >= len(c.Interfaces) {
			return nil, fmt.Errorf("pcapng: statistics %d: no interface %d", i+1, n)
		}
		e.statistics(&c.Statistics[i])
	}
	return e.b, nil
}

// size is about how many bytes the capture takes.
func (c *Capture) size() int {
	n := 1024
	for i := range c.Packets {
		n += len(c.Packets[i].Data) + len(c.Packets[i].Comment) + 64
	}
	return n
}

// encoder appends blocks.
type encoder struct{ b []byte }

func (e *encoder) u16(v uint16) { e.b = binary.LittleEndian.AppendUint16(e.b, v) }
func (e *encoder) u32(v uint32) { e.b = binary.LittleEndian.AppendUint32(e.b, v) }
func (e *encoder) u64(v uint64) { e.b = binary.LittleEndian.AppendUint64(e.b, v) }

// pad fills up to a multiple of four bytes, as everything in the format is.
func (e *encoder) pad() {
	for len(e.b)%4 != 0 {
		e.b = append(e.b, 0)
	}
}

// block writes a block of a type: its length stands before and behind it
// (section 3.1).
func (e *encoder) block(kind uint32, body func()) {
	start := len(e.b)
	e.u32(kind)
	e.u32(0)
	body()
	length := uint32(len(e.b) + 4 - start)
	e.u32(length)
	binary.LittleEndian.PutUint32(e.b[start+4:], length)
}

// option writes an option's code, length and value (section 3.5).
func (e *encoder) option(code uint16, value []byte) {
	value = value[:min(len(value), maxOption)]
	e.u16(code)
	e.u16(uint16(len(value)))
	e.b = append(e.b, value...)
	e.pad()
}

// text writes an option that is text; none for "".
func (e *encoder) text(code uint16, s string) {
	if s != "" {
		e.option(code, []byte(s))
	}
}

func (e *encoder) number(code uint16, v uint64) {
	e.option(code, binary.LittleEndian.AppendUint64(nil, v))
}

func (e *encoder) end() { e.option(optEnd, nil) }

// section writes the Section Header Block, of a section whose length is not told.
func (e *encoder) section(s *Section) {
	const major, minor, unknownLength = 1, 0, ^uint64(0)
	e.block(blockSection, func() {
		e.u32(byteOrder)
		e.u16(major)
		e.u16(minor)
		e.u64(unknownLength)
		e.text(optComment, s.Comment)
		e.text(optHardware, s.Hardware)
		e.text(optOS, s.OS)
		e.text(optApplication, s.Application)
		e.end()
	})
}

// iface writes an Interface Description Block. Packets are whole: there is no
// limit to their length.
func (e *encoder) iface(i *Interface) {
	e.block(blockInterface, func() {
		e.u16(linkRaw)
		e.u16(0)
		e.u32(0)
		e.text(optName, i.Name)
		e.text(optDescription, i.Description)
		e.option(optResolution, []byte{nanoseconds})
		e.end()
	})
}

func (e *encoder) names(names []Name) error {
	for _, n := range names {
		if !n.Addr.IsValid() {
			return fmt.Errorf("pcapng: name %q has no address", n.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	e.block(blockNames, func() {
		for _, n := range names {
			kind := uint16(nameIPv6)
			if n.Addr.Is4() {
				kind = nameIPv4
			}
			name, _, _ := strings.Cut(n.Name, "\x00")
			name = name[:min(len(name), maxOption-17)]
			e.option(kind, append(append(n.Addr.AsSlice(), name...), 0))
		}
		e.end() // of the records; there are no options
	})
	return nil
}

func (e *encoder) packet(p *Packet) {
	e.block(blockPacket, func() {
		e.u32(uint32(p.Interface))
		e.u32(uint32(p.T >> 32))
		e.u32(uint32(p.T))
		e.u32(uint32(len(p.Data))) // as captured
		e.u32(uint32(len(p.Data))) // as it was
		e.b = append(e.b, p.Data...)
		e.pad()
		e.text(optComment, p.Comment)
		if p.Direction != Unknown {
			e.option(optFlags, binary.LittleEndian.AppendUint32(nil, uint32(p.Direction)))
		}
		e.end()
	})
}

func (e *encoder) statistics(s *Statistics) {
	e.block(blockStatistics, func() {
		e.u32(uint32(s.Interface))
		e.u32(uint32(s.T >> 32))
		e.u32(uint32(s.T))
		e.text(optComment, s.Comment)
		e.number(optReceived, s.Received)
		e.number(optDropped, s.Dropped)
		e.end()
	})
}
