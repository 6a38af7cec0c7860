package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// forged is a RST that was made up, and what its receiver made of it.
type forged struct {
	claim.Connection
	rst    *journal.Event
	beyond int32          // how far its number is beyond the one expected
	window int32          // the receiver's, in bytes
	answer *journal.Event // what the receiver sent because of it; nil: nothing
	ended  *journal.Event // the receiver's end was torn down; nil: it was not
	read   *journal.Event // what the receiver read when the peer had gone on
}

// forgeries lists the RSTs that were injected into a server's end.
func forgeries(j *journal.Journal) []forged {
	if len(claim.Packets(j, journal.AtInjected)) == 0 {
		return nil
	}
	var all []forged
	for _, c := range claim.Connections(j) {
		for _, e := range claim.Packets(c.Journal, journal.AtInjected) {
			next, ok := expected(&c, c.Server, e)
			if ok && claim.HasFlags(e, "RST") && e.Packet.Dst == c.To {
				all = append(all, forgedOn(c, e, next))
			}
		}
	}
	return all
}

func forgedOn(c claim.Connection, rst *journal.Event, next uint32) forged {
	f := forged{Connection: c, rst: rst, beyond: int32(rst.Packet.Seq - next), window: windowOf(&c, rst)}
	f.answer = answerTo(&c, c.Server, rst)
	for _, e := range claim.States(c.Journal, c.Server, journal.TCPInfo) {
		// What came later may have ended it too.
		if cause := claim.Cause(c.Journal, e); e.State.To == journal.Close && cause != nil && cause.N == rst.N {
			f.ended = e
		}
	}
	reads := c.Calls(c.Server, rst, "read")
	f.read = claim.Nth(reads, len(reads)-1)
	return f
}

// windowOf is the window that the server's end had last offered before an event,
// in bytes: that of a SYN+ACK is not scaled (RFC 7323 §2.2).
func windowOf(c *claim.Connection, before *journal.Event) int32 {
	var window int32
	scale := 0
	for _, s := range claim.Segments(c.Journal) {
		p := s.Packet()
		if p.Src != c.To || s.Event.N > before.N {
			continue
		}
		window = int32(p.Win) << scale
		for _, o := range p.Options {
			if n, ok := strings.CutPrefix(o, "wscale "); ok {
				scale, _ = strconv.Atoi(n) // as this program's own decoder wrote it
			}
		}
	}
	return window
}

// expected is the number that a socket's end expects next, by what had arrived in
// a row before an event; ok: something had.
func expected(c *claim.Connection, socket string, before *journal.Event) (next uint32, ok bool) {
	var came []*journal.Packet
	for _, e := range c.Arrived(socket, nil, before) {
		if e.Packet.At == journal.AtDelivered && !slices.Contains(e.Packet.Flags, "RST") {
			came = append(came, e.Packet)
		}
	}
	if len(came) == 0 {
		return 0, false
	}
	next = came[0].Seq
	for more := true; more; {
		more = false
		for _, p := range came {
			if end := p.Seq + extent(p); int32(p.Seq-next) <= 0 && int32(end-next) > 0 {
				next, more = end, true
			}
		}
	}
	return next, true
}

// extent is how many numbers a segment takes (RFC 9293 §3.4).
func extent(p *journal.Packet) uint32 {
	n := uint32(p.Len)
	for _, flag := range []string{"SYN", "FIN"} {
		if slices.Contains(p.Flags, flag) {
			n++
		}
	}
	return n
}

// answerTo is what an end sent after a RST had reached it, before the other end
// sent anything. A challenge ACK says nothing new: it is no news by its numbers,
// and is looked for among all segments.
func answerTo(c *claim.Connection, socket string, rst *journal.Event) *journal.Event {
	for _, s := range claim.Segments(c.Journal) {
		if s.Event.N <= rst.N {
			continue
		}
		if s.Packet().Src != c.Address(socket) {
			return nil
		}
		return s.Event
	}
	return nil
}

// exact judges that a RST with the very number expected draws no answer: those
// that were made up, and, in a run without any, those of closes.
func exact(j *journal.Journal) claim.Finding {
	all := forgeries(j)
	if len(all) == 0 {
		return drawsNothing(j)
	}
	var cited []*journal.Event
	for _, f := range all {
		switch {
		case f.beyond != 0:
			continue
		case f.answer != nil:
			return claim.Refute(claim.Numbers(f.rst, f.answer), "%s answered with %s", f.Server, claim.FlagsOf([]*journal.Event{f.answer}))
		case f.ended == nil:
			return claim.Refuse(j, claim.Numbers(f.rst), "a RST with the number expected did not end %s", f.Server)
		case j.Stopped != "" && f.read == nil:
			continue // an answer might still have come
		}
		cited = append(cited, f.rst, f.ended)
	}
	if len(cited) == 0 {
		return claim.Unclear("no RST with the number expected was seen to come")
	}
	return claim.Absent(claim.Confirm(claim.Numbers(cited...), "it ended the connection, and drew nothing"))
}

// drawsNothing judges the RSTs of closes: what the end that was reset sent then.
func drawsNothing(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, c := range closings(j, lingerZero) {
		rst := claim.WithFlag(c.Arrived(c.Other(), c.By, nil), "RST")
		if rst == nil {
			continue
		}
		next, ok := expected(&c.Connection, c.Other(), rst)
		down := downAfter(&c.Connection, c.Other(), rst)
		if !ok || next != rst.Packet.Seq || down == nil {
			continue
		}
		for _, s := range claim.Segments(c.Journal) {
			if s.Event.N > rst.N && s.Packet().Src == c.Address(c.Other()) {
				return claim.Refute(claim.Numbers(rst, s.Event), "%s answered with %s", c.Other(), claim.FlagsOf([]*journal.Event{s.Event}))
			}
		}
		cited = append(cited, rst, down)
	}
	if len(cited) == 0 {
		return none(j, lingerZero)
	}
	return claim.Absent(claim.Confirm(claim.Numbers(cited...), "the end that was reset sent nothing, %d times", len(cited)/2))
}

// downAfter is when a witness saw an end torn down after an event.
func downAfter(c *claim.Connection, socket string, after *journal.Event) *journal.Event {
	for _, e := range claim.States(c.Journal, socket) {
		if e.N > after.N && (e.State.To == journal.Close || e.State.To == journal.Gone) {
			return e
		}
	}
	return nil
}

var lr16 = claim.Claim{
	ID: "LR16", Statement: "a RST that fits exactly draws no answer",
	Source: rfc9293 + " §3.10.7.4", Quantity: claim.Always,
	Precondition: "its number is the one that the receiver expects next",
	Needs:        needsStates, Check: exact,
}

var lr18 = claim.Claim{
	ID: "LR18", Statement: "any RST inside the window ends the connection",
	Source: "RFC 793 §3.4; RFC 5961 §3.2 differs", Quantity: claim.Always,
	Precondition: "its number is inside the receiver's window, and is not the one expected",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, f := range forgeries(j) {
			if f.fit() != "inside the window" || f.read == nil {
				continue
			}
			if f.ended != nil {
				return claim.Confirm(claim.Numbers(f.rst, f.ended), "a RST %d beyond the number expected ended %s", f.beyond, f.Server)
			}
			said := "sent nothing"
			if f.answer != nil {
				said = "answered with " + claim.FlagsOf([]*journal.Event{f.answer}) + ", a challenge"
			}
			return claim.Refute(claim.Numbers(f.rst, f.answer, f.read), "a RST %d beyond the number expected, in a window of %d, did not end %s: it %s, and read on: %s",
				f.beyond, f.window, f.Server, said, claim.Returned(f.read))
		}
		return claim.Unclear("no RST inside the window, and not with the number expected, was seen to come")
	},
}

// fit says where the number of a forged RST lies.
func (f *forged) fit() string {
	switch {
	case f.beyond == 0:
		return "exact"
	case f.beyond > 0 && f.beyond < f.window:
		return "inside the window"
	}
	return "outside the window"
}

// onlyExact is the phenomenon of inexact: of the RSTs made up the exact one ends
// the connection, one inside the window and one outside do not.
var onlyExact = claim.Phenomenon{
	Needs: needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited []*journal.Event
			seen  []string
		)
		for _, f := range forgeries(j) {
			if (f.ended != nil) != (f.beyond == 0) {
				return claim.Refuse(j, claim.Numbers(f.rst, f.ended), "a RST %d beyond the number expected: the connection ended: %t", f.beyond, f.ended != nil)
			}
			if f.beyond != 0 && (f.read == nil || f.read.Call.Result <= 0) {
				return claim.Refuse(j, claim.Numbers(f.rst, f.read), "after a RST %d beyond the number expected the connection did not go on", f.beyond)
			}
			cited = append(cited, f.rst, f.ended, f.read)
			seen = append(seen, f.fit())
		}
		for _, fit := range []string{"exact", "inside the window", "outside the window"} {
			if !slices.Contains(seen, fit) {
				if f, ok := claim.Complete(j); !ok {
					return f
				}
				return claim.Unclear("of the RSTs made up none was %s: %s", fit, strings.Join(seen, ", "))
			}
		}
		return claim.Confirm(claim.Numbers(cited...), "the RST with the number expected ended the connection, those inside the window and outside did not")
	},
}

// compareForgeries is the table of inexact.
func compareForgeries(v *tcp.View) *claim.Comparison {
	j := v.Journal
	all := forgeries(j)
	if len(all) == 0 {
		return nil
	}
	t := &claim.Comparison{Title: "What became of a RST that was made up", Rows: []claim.Compared{
		{What: "beyond the number expected"}, {What: "in a window of"}, {What: "it drew"}, {What: "the receiver's end"}, {What: "its read then"},
	}}
	for i := range all {
		f := &all[i]
		drew, end := claim.Told("nothing", f.rst), claim.Told("stayed "+journal.Established, f.read)
		if f.answer != nil {
			drew = claim.Told(claim.FlagsOf([]*journal.Event{f.answer}), f.answer)
		}
		if f.ended != nil {
			end = claim.Told(f.ended.State.To, f.ended)
		}
		t.Ways = append(t.Ways, f.Server)
		for k, cell := range []claim.Cell{
			claim.Told(fmt.Sprint(f.beyond), f.rst), claim.Told(fmt.Sprint(f.window), f.rst), drew, end, claim.Told(claim.Returned(f.read), f.read),
		} {
			t.Rows[k].Cells = append(t.Rows[k].Cells, cell)
		}
	}
	return t
}
