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
func resetsIn(v *tcp.View) []reset {
	return tcp.Derive(v, func(v *tcp.View) []reset {
		var all []reset
		for _, c := range v.Conns {
			for _, s := range []*tcp.Socket{c.Client, c.Server} {
				for _, rst := range tcp.With(s.Arrived(0, 0), packet.RST) {
					if next, ok := s.End.NextAt(rst.N); ok && !isDown(s, rst.N) {
						all = append(all, cameTo(s, rst, next))
					}
				}
			}
		}
		return all
	})
}

// isDown says whether an end had been torn down before.
func isDown(s *tcp.Socket, n int) bool {
	last := s.StateBefore(n)
	return last != nil && (last.State.To == journal.Close || last.State.To == journal.Gone)
}

func cameTo(s *tcp.Socket, rst *tcp.Segment, next uint32) reset {
	r := reset{Socket: s, rst: rst, beyond: int(int32(rst.Packet.Seq - next)), window: s.End.WindowAt(rst.N), down: s.Down(rst.N, 0)}
	until := 0
	if other := s.Arrived(rst.N, 0); len(other) > 0 {
		until = other[0].N
	}
	r.answer = s.SentAll(rst.N, until)
	if until != 0 && r.down != nil && r.down.N > until {
		r.down = nil // what came later may have done it
	}
	if reads := s.Reads(rst.N, 0); len(reads) > 0 {
		r.read = reads[len(reads)-1]
	}
	return r
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
	t := &claim.Comparison{Title: "What became of a RST that was made up", Rows: []claim.Compared{
		{What: "beyond the number expected"}, {What: "in a window of"}, {What: "it drew"}, {What: "the receiver's end"}, {What: "its read then"},
	}}
	for _, r := range resetsIn(v) {
		if r.rst.Packet.At != journal.AtInjected {
			continue
		}
		drew, end := claim.Told("nothing", r.rst.Event), claim.Told("stayed "+journal.Established, r.read)
		if len(r.answer) > 0 {
			drew = claim.Told(claim.Named(r.answer), r.answer[0].Event)
		}
		if r.down != nil {
			end = claim.Told(r.down.State.To, r.down)
		}
		t.Ways = append(t.Ways, r.ID)
		for k, cell := range []claim.Cell{
			claim.Told(fmt.Sprint(r.beyond), r.rst.Event), claim.Told(fmt.Sprint(r.window), r.rst.Event), drew, end, claim.Told(claim.Returned(r.read), r.read),
		} {
			t.Rows[k].Cells = append(t.Rows[k].Cells, cell)
		}
	}
	if len(t.Ways) == 0 {
		return nil
	}
	return t
}
