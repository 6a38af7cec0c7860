package main

import (
	"fmt"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// reset is a RST that entered an end, and what that made of it.
type reset struct {
	*tcp.Socket // that it came to
	rst         *tcp.Segment
	beyond      int            // how far its number is beyond the one expected
	window      int            // the receiver's, in bytes
	answer      []*tcp.Segment // what the receiver sent, before the other end sent anything
	down        *journal.Event // a witness saw the end torn down next; nil: it did not
	read        *journal.Event // the last read of its program; nil: none came
}

// resetsIn lists the RSTs that entered an end which knew the number that it expected.
var resetsIn = tcp.Derived(func(v *tcp.View) []reset {
	var all []reset
	for _, s := range v.Connected() {
		for _, rst := range tcp.With(s.Arrived(0, 0), packet.RST) {
			if next, ok := s.End.NextAt(rst.N); ok && !isDown(s, rst.N) {
				all = append(all, cameTo(s, rst, next))
			}
		}
	}
	return all
})

// forgeries lists those that were made up.
func forgeries(v *tcp.View) []reset {
	return tcp.Where(resetsIn(v), func(r reset) bool { return r.rst.Packet.At == journal.AtInjected })
}

// Cite lets a case rest on a RST and what became of it.
func (r reset) Cite(c *claim.Case) {
	c.About(r.Socket)
	c.CiteSegments(append(r.answer, r.rst)...)
	c.Cite(r.down)
}

// isDown says whether an end had been torn down before.
func isDown(s *tcp.Socket, n int) bool {
	last := s.StateBefore(n)
	return last != nil && (last.State.To == journal.Close || last.State.To == journal.Gone)
}

func cameTo(s *tcp.Socket, rst *tcp.Segment, next uint32) reset {
	until := 0 // what came later may have drawn another answer, or ended it
	if other := tcp.First(s.Arrived(rst.N, 0)); other != nil {
		until = other.N
	}
	return reset{
		Socket: s, rst: rst, beyond: int(int32(rst.Packet.Seq - next)), window: s.End.WindowAt(rst.N),
		answer: s.SentAll(rst.N, until), down: s.Down(rst.N, until), read: tcp.Last(s.Reads(rst.N, 0)),
	}
}

// The places of a RST's number.
const (
	exact   = "exact"
	inside  = "inside the window"
	outside = "outside the window"
)

func (r *reset) fit() string {
	switch {
	case r.beyond == 0:
		return exact
	case r.beyond > 0 && r.beyond < r.window:
		return inside
	}
	return outside
}

// compareForgeries is the table of inexact.
func compareForgeries(v *tcp.View) *claim.Comparison {
	return claim.Across("What became of a RST that was made up", forgeries(v), func(r *reset) string { return r.ID },
		claim.Show("beyond the number expected", func(r *reset) claim.Cell { return claim.Told(fmt.Sprint(r.beyond), r.rst.Event) }),
		claim.Show("in a window of", func(r *reset) claim.Cell { return claim.Told(fmt.Sprint(r.window), r.rst.Event) }),
		claim.Show("it drew", func(r *reset) claim.Cell { return claim.Sent(r.answer, r.rst.Event) }),
		claim.Show("the receiver's end", func(r *reset) claim.Cell {
			if r.down == nil {
				return claim.Told("stayed "+journal.Established, r.read)
			}
			return claim.Told(r.down.State.To, r.down)
		}),
		claim.Show("its read then", func(r *reset) claim.Cell { return claim.Result(r.read) }),
	)
}
