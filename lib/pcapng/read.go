package pcapng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Decode reads a capture that Encode wrote, or another that has one
// little-endian section, raw IP packets, nanoseconds, and no other kinds of block
// or option. What it returns shares b's memory. It takes memory in proportion to
// b's length.
//
// An error says where in b the block begins that is not so.
func Decode(b []byte) (*Capture, error) {
	c := &Capture{}
	for at := 0; at < len(b); {
		kind, body, err := nextBlock(b[at:])
		if err == nil && (at == 0) != (kind == blockSection) {
			err = errors.New("a capture is one section, and begins with its header")
		}
		if err == nil {
			err = c.block(kind, &decoder{b: body})
		}
		if err != nil {
			return nil, fmt.Errorf("pcapng: block at byte %d: %w", at, err)
		}
		at += len(body) + blockOverhead
	}
	if len(b) == 0 {
		return nil, errors.New("pcapng: empty")
	}
	return c, nil
}

// blockOverhead is what a block has beside its body: type, length, length.
const blockOverhead = 12

// nextBlock takes a block apart (section 3.1).
func nextBlock(b []byte) (kind uint32, body []byte, err error) {
	if len(b) < blockOverhead {
		return 0, nil, fmt.Errorf("cut short: %d of %d bytes", len(b), blockOverhead)
	}
	kind = binary.LittleEndian.Uint32(b)
	length := binary.LittleEndian.Uint32(b[4:])
	switch {
	case length < blockOverhead || length%4 != 0:
		return 0, nil, fmt.Errorf("length %d is impossible", length)
	case uint64(length) > uint64(len(b)):
		return 0, nil, fmt.Errorf("cut short: %d of %d bytes", len(b), length)
	case binary.LittleEndian.Uint32(b[length-4:]) != length:
		return 0, nil, errors.New("its two lengths differ")
	}
	return kind, b[8 : length-4], nil
}

// block adds a block to the capture.
func (c *Capture) block(kind uint32, d *decoder) error {
	switch kind {
	case blockSection:
		c.Section = d.section()
	case blockInterface:
		c.Interfaces = append(c.Interfaces, d.iface())
	case blockNames:
		c.Names = append(c.Names, d.names()...)
	case blockPacket:
		c.Packets = append(c.Packets, d.packet(len(c.Interfaces)))
	case blockStatistics:
		c.Statistics = append(c.Statistics, d.statistics(len(c.Interfaces)))
	default:
		return fmt.Errorf("type %#x is none of those that are written here", kind)
	}
	return d.err
}

// decoder takes fields off a block's body. Its first error is kept; what is read
// after it is zero.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
	d.b = nil
}

// take takes n bytes.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail("a field of %d bytes, where %d are left", n, len(d.b))
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

// padded takes n bytes and the zeros that fill them up to a multiple of four.
func (d *decoder) padded(n uint64) []byte {
	v := d.take(n)
	for _, zero := range d.take(-n & 3) {
		if zero != 0 {
			d.fail("padding that is not zero")
		}
	}
	return v
}

func (d *decoder) u16() uint16 {
	if v := d.take(2); v != nil {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if v := d.take(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

func (d *decoder) u64() uint64 {
	if v := d.take(8); v != nil {
		return binary.LittleEndian.Uint64(v)
	}
	return 0
}

// time takes a time, whose upper half comes first (section 4.3).
func (d *decoder) time() uint64 {
	high := d.u32()
	return uint64(high)<<32 | uint64(d.u32())
}

// want takes a number that can only be one.
func (d *decoder) want(what string, got, want uint64) {
	if got != want && d.err == nil {
		d.fail("%s %#x, want %#x", what, got, want)
	}
}

// options takes the options up to the end of them, which must be the end of the
// block; each says whether it is one that the block can have.
func (d *decoder) options(each func(code uint16, v *decoder) (known bool)) {
	for d.err == nil {
		code := d.u16()
		value := d.padded(uint64(d.u16()))
		if d.err != nil {
			return
		}
		if code == optEnd {
			if len(value) > 0 || len(d.b) > 0 {
				d.fail("something follows the end of the options")
			}
			return
		}
		v := &decoder{b: value}
		switch {
		case !each(code, v):
			d.fail("option %d is none of those that are written here", code)
		case v.err != nil:
			d.fail("option %d: %w", code, v.err)
		case len(v.b) > 0:
			d.fail("option %d is %d bytes too long", code, len(v.b))
		}
	}
}

// text takes all that is left.
func (d *decoder) text() string { return string(d.take(uint64(len(d.b)))) }

func (d *decoder) section() (s Section) {
	d.want("byte order", uint64(d.u32()), byteOrder)
	d.want("major version", uint64(d.u16()), 1)
	d.want("minor version", uint64(d.u16()), 0)
	d.want("section length", d.u64(), ^uint64(0))
	d.options(func(code uint16, v *decoder) bool {
		switch code {
		case optComment:
			s.Comment = v.text()
		case optHardware:
			s.Hardware = v.text()
		case optOS:
			s.OS = v.text()
		case optApplication:
			s.Application = v.text()
		default:
			return false
		}
		return true
	})
	return s
}

func (d *decoder) iface() (i Interface) {
	d.want("link type", uint64(d.u16()), linkRaw)
	d.want("reserved field", uint64(d.u16()), 0)
	d.want("limit of a packet's length", uint64(d.u32()), 0)
	resolution := byte(6) // microseconds, where it is not said
	d.options(func(code uint16, v *decoder) bool {
		switch code {
		case optName:
			i.Name = v.text()
		case optDescription:
			i.Description = v.text()
		case optResolution:
			if one := v.take(1); one != nil {
				resolution = one[0]
			}
		default:
			return false
		}
		return true
	})
	d.want("resolution of times", uint64(resolution), nanoseconds)
	return i
}

func (d *decoder) names() (names []Name) {
	d.options(func(kind uint16, v *decoder) bool {
		var n Name
		switch kind {
		case nameIPv4:
			n.Addr, _ = netip.AddrFromSlice(v.take(4))
		case nameIPv6:
			n.Addr, _ = netip.AddrFromSlice(v.take(16))
		default:
			return false
		}
		name, rest, ended := strings.Cut(v.text(), "\x00")
		if v.err == nil && (!ended || rest != "") {
			v.fail("not one name")
		}
		n.Name = name
		names = append(names, n)
		return true
	})
	return names
}

// index takes the index of one of so many interfaces.
func (d *decoder) index(interfaces int) int {
	i := d.u32()
	if uint64(i) >= uint64(interfaces) {
		d.fail("no interface %d", i)
		return 0
	}
	return int(i) // which of a larger one would be negative where an int has 32 bits
}

func (d *decoder) packet(interfaces int) (p Packet) {
	p.Interface = d.index(interfaces)
	p.T = d.time()
	captured := d.u32()
	d.want("length of the packet", uint64(d.u32()), uint64(captured))
	p.Data = d.padded(uint64(captured))
	d.options(func(code uint16, v *decoder) bool {
		switch code {
		case optComment:
			p.Comment = v.text()
		case optFlags:
			f := v.u32()
			if f == 0 || f > uint32(Outbound) {
				v.fail("flags %#x", f)
			}
			p.Direction = Direction(f)
		default:
			return false
		}
		return true
	})
	return p
}

func (d *decoder) statistics(interfaces int) (s Statistics) {
	s.Interface = d.index(interfaces)
	s.T = d.time()
	d.options(func(code uint16, v *decoder) bool {
		switch code {
		case optComment:
			s.Comment = v.text()
		case optReceived:
			s.Received = v.u64()
		case optDropped:
			s.Dropped = v.u64()
		default:
			return false
		}
		return true
	})
	return s
}
