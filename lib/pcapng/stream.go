package pcapng

import "io"

// Stream writes a capture while it is made: the section first, and each interface before its
// packets. Its first error is kept, and nothing is written after it.
type Stream struct {
	w          io.Writer
	interfaces int
	err        error
}

// NewStream begins a capture.
func NewStream(w io.Writer, section Section) *Stream {
	s := &Stream{w: w}
	s.write(func(e *encoder) { e.section(&section) })
	return s
}

// Interface adds one, and returns its index.
func (s *Stream) Interface(i Interface) int {
	s.write(func(e *encoder) { e.iface(&i) })
	s.interfaces++
	return s.interfaces - 1
}

// Packet adds a packet of an interface that is there.
func (s *Stream) Packet(p Packet) {
	s.write(func(e *encoder) { e.packet(&p) })
}

// Err is the first error of the writer.
func (s *Stream) Err() error { return s.err }

func (s *Stream) write(block func(e *encoder)) {
	if s.err != nil {
		return
	}
	e := &encoder{}
	block(e)
	_, s.err = s.w.Write(e.b)
}
