package evidence

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"
)

// A zip's entries are compressed here, and not by compress/flate, because what
// that writes may change with its version: only one form of a bundle is accepted,
// and it has to be the same in ten years. So the form is fixed: one block with the
// fixed Huffman codes (RFC 1951 §3.2.6), and of earlier occurrences of the next
// four bytes the latest, as far as it goes. That costs a few per cent of size.

// The bounds of a match (RFC 1951 §3.2.5), and the shortest that is looked for.
const (
	minMatch    = 4
	maxMatch    = 258
	maxDistance = 32768
)

// hashBits is how many bits of a hash of four bytes tell them from others.
const hashBits = 15

// endOfBlock is the symbol that ends a block.
const endOfBlock = 256

// deflate compresses b to the one form that inflate accepts.
func deflate(b []byte) []byte {
	w := bitWriter{b: make([]byte, 0, len(b)/3+16)}
	w.put(1, 1)                   // the last block
	w.put(1, 2)                   // of fixed codes
	var last [1 << hashBits]int32 // where four bytes of this hash stood last, plus one
	for i := 0; i < len(b); {
		length, distance := 0, 0
		if i+minMatch <= len(b) {
			h := binary.LittleEndian.Uint32(b[i:]) * 0x9e3779b1 >> (32 - hashBits)
			if at := int(last[h]) - 1; at >= 0 && i-at <= maxDistance {
				length, distance = matching(b, at, i), i-at
			}
			last[h] = int32(i + 1)
		}
		if length < minMatch {
			w.symbol(int(b[i]))
			i++
			continue
		}
		w.match(length, distance)
		i += length
	}
	w.symbol(endOfBlock)
	return w.end()
}

// matching is how many bytes from at on are those from i on.
func matching(b []byte, at, i int) int {
	n := 0
	for n < maxMatch && i+n < len(b) && b[at+n] == b[i+n] {
		n++
	}
	return n
}

// coded is a range of lengths or distances: a symbol, and bits that say which of
// them it is.
type coded struct {
	base  int
	extra uint8
}

// The lengths that symbols 257 to 285 begin with, and the distances of symbols 0
// to 29 (RFC 1951 §3.2.5).
var (
	lengths   = codedFrom(3, 28, 4, 258)
	distances = codedFrom(1, 30, 2, 0)
)

// codedFrom makes such a table: after twice as many symbols as per, per symbols have each
// number of bits. whole, if not 0, is a last symbol of its own.
func codedFrom(base, symbols, per, whole int) []coded {
	var t []coded
	for i := range symbols {
		extra := max(i/per-1, 0)
		t = append(t, coded{base, uint8(extra)})
		base += 1 << extra
	}
	if whole != 0 {
		t = append(t, coded{whole, 0})
	}
	return t
}

// lengthSymbols finds the range that a length is in.
var lengthSymbols = sync.OnceValue(func() *[maxMatch + 1]uint8 {
	var t [maxMatch + 1]uint8
	for i, c := range lengths {
		for v := c.base; v < len(t); v++ {
			t[v] = uint8(i)
		}
	}
	return &t
})

// distanceSymbol finds the range that a distance is in: each power of two from 4 on
// has two of them.
func distanceSymbol(distance int) int {
	d := uint(distance - 1)
	if d < 4 {
		return int(d)
	}
	n := bits.Len(d) - 1
	return 2*n + int(d>>(n-1)&1)
}

// bitWriter writes bits, the lowest first.
type bitWriter struct {
	b    []byte
	bits uint64
	n    uint
}

func (w *bitWriter) put(v uint64, n uint) {
	w.bits |= v << w.n
	w.n += n
	for w.n >= 8 {
		w.b = append(w.b, byte(w.bits))
		w.bits >>= 8
		w.n -= 8
	}
}

// code writes a Huffman code, whose highest bit comes first.
func (w *bitWriter) code(v uint64, n uint) { w.put(bits.Reverse64(v)>>(64-n), n) }

// symbol writes a literal, the end, or a length's symbol in its fixed code (RFC
// 1951 §3.2.6).
func (w *bitWriter) symbol(s int) {
	switch {
	case s < 144:
		w.code(uint64(0x30+s), 8)
	case s < 256:
		w.code(uint64(0x190+s-144), 9)
	case s < 280:
		w.code(uint64(s-256), 7)
	default:
		w.code(uint64(0xc0+s-280), 8)
	}
}

func (w *bitWriter) match(length, distance int) {
	i := int(lengthSymbols()[length])
	w.symbol(endOfBlock + 1 + i)
	w.put(uint64(length-lengths[i].base), uint(lengths[i].extra))
	i = distanceSymbol(distance)
	w.code(uint64(i), 5)
	w.put(uint64(distance-distances[i].base), uint(distances[i].extra))
}

func (w *bitWriter) end() []byte {
	if w.n > 0 {
		w.b = append(w.b, byte(w.bits))
	}
	return w.b
}

// errDeflate is that compressed data is not what deflate writes.
var errDeflate = errors.New("compressed in another way than evidence is")

// inflate reads what deflate wrote, of exactly size bytes. It takes memory for no
// more, whatever z says.
func inflate(z []byte, size int) ([]byte, error) {
	r := bitReader{b: z}
	if r.take(3) != 3 {
		return nil, errDeflate
	}
	b := make([]byte, 0, size)
	for {
		s := r.symbol()
		switch {
		case r.over || s < 0:
			return nil, errDeflate
		case s == endOfBlock:
			if len(b) != size {
				return nil, errDeflate
			}
			return b, nil
		case s < endOfBlock:
			if len(b) == size {
				return nil, errDeflate
			}
			b = append(b, byte(s))
			continue
		}
		length, distance := r.match(s - endOfBlock - 1)
		if r.over || length < 0 || distance > len(b) || len(b)+length > size {
			return nil, errDeflate
		}
		for range length {
			b = append(b, b[len(b)-distance])
		}
	}
}

// bitReader reads bits, the lowest first.
type bitReader struct {
	b    []byte
	bits uint64
	n    uint
	over bool // more was asked for than there is
}

func (r *bitReader) take(n uint) uint64 {
	for r.n < n {
		if len(r.b) == 0 {
			r.over = true
			return 0
		}
		r.bits |= uint64(r.b[0]) << r.n
		r.b = r.b[1:]
		r.n += 8
	}
	v := r.bits & (1<<n - 1)
	r.bits >>= n
	r.n -= n
	return v
}

// code reads a Huffman code's next n bits, the highest first.
func (r *bitReader) code(n uint) int { return int(bits.Reverse64(r.take(n)) >> (64 - n)) }

// symbol reads a symbol in its fixed code; -1: there is no such.
func (r *bitReader) symbol() int {
	c := r.code(7)
	if c < 0x18 {
		return 256 + c
	}
	c = c<<1 | r.code(1)
	switch {
	case c < 0xc0:
		return c - 0x30
	case c < 0xc6: // 286 and 287 stand for nothing
		return 280 + c - 0xc0
	case c < 0xc8:
		return -1
	}
	return 144 + (c<<1 | r.code(1)) - 0x190
}

// match reads the length that a symbol begins, from 0, and the distance; a length
// of -1: there is no such.
func (r *bitReader) match(symbol int) (length, distance int) {
	l := lengths[symbol]
	length = l.base + int(r.take(uint(l.extra)))
	i := r.code(5)
	if i >= len(distances) {
		return -1, 0
	}
	d := distances[i]
	return length, d.base + int(r.take(uint(d.extra)))
}
