package main

import (
	"fmt"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
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
	var all []forged
	for _, c := range claim.Connections(j) {
		for _, e := range claim.Packets(c.Journal, journal.AtInjected) {
			if claim.HasFlags(e, "RST") && e.Packet.Dst == c.To {
				all = append(all, forgedOn(c, e))
			}
		}
	}
	return all
}

func forgedOn(c claim.Connection, rst *journal.Event) forged {
	f := forged{Connection: c, rst: rst}
	var next uint32 // what the receiver expects
	for _, e := range c.Sent(c.Client, nil, rst) {
		next = e.Packet.Seq + uint32(e.Packet.Len)
		if claim.WithFlag([]*journal.Event{e}, "SYN") != nil {
			next++
		}
	}
	f.beyond = int32(rst.Packet.Seq - next)
	for _, e := range c.Sent(c.Server, nil, rst) {
		f.window = int32(e.Packet.Win) // of a SYN+ACK, which is not scaled (RFC 7323 §2.2)
	}
	f.answer = answerTo(&c, rst)
	for _, e := range claim.States(c.Journal, c.Server, journal.TCPInfo) {
		if e.N > rst.N && e.State.To == journal.Close && f.ended == nil {
			f.ended = e
		}
	}
	reads := c.Calls(c.Server, rst, "read")
	f.read = claim.Nth(reads, len(reads)-1)
	return f
}

// answerTo is what the server's end sent after a RST had reached it, and before
// the client's end sent anything. A challenge ACK says nothing new: it is no news
// by its numbers, and is looked for among all segments.
func answerTo(c *claim.Connection, rst *journal.Event) *journal.Event {
	for _, s := range claim.Segments(c.Journal) {
		if s.Event.N < rst.N {
			continue
		}
		if s.Packet().Src == c.From {
			return nil
		}
		return s.Event
	}
	return nil
}

// exact judges that a RST with the very number expected draws no answer.
func exact(j *journal.Journal) claim.Finding {
	for _, f := range forgeries(j) {
		switch {
		case f.beyond != 0:
			continue
		case f.ended == nil:
			return claim.Refuse(j, claim.Numbers(f.rst), "a RST with the number expected did not end %s", f.Server)
		case f.answer != nil:
			return claim.Refute(claim.Numbers(f.rst, f.answer), "%s answered with %s", f.Server, claim.FlagsOf([]*journal.Event{f.answer}))
		case j.Stopped != "" && f.read == nil:
			continue
		}
		return claim.Confirm(claim.Numbers(f.rst, f.ended), "it ended %s, which sent nothing", f.Server)
	}
	return claim.Unclear("no RST with the number expected was seen to come")
}

var lr16 = claim.Claim{
	ID: "LR16", Statement: "a RST that fits exactly draws no answer",
	Source: rfc9293 + " §3.10.7.4", Quantity: claim.Always,
	Precondition: "its number is the one that the receiver expects next",
	Needs:        needsStates, Check: exact,
}

// lr16Own is LR16 put to the RSTs of a run in which none was made up: what
// the reset end sent once it was torn down.
var lr16Own = claim.Claim{
	ID: lr16.ID, Statement: lr16.Statement, Source: lr16.Source, Quantity: lr16.Quantity,
	Precondition: lr16.Precondition, Needs: lr16.Needs,
	Check: func(j *journal.Journal) claim.Finding {
		var cited []*journal.Event
		for _, c := range closings(j, lingerZero) {
			rst := claim.WithFlag(c.Arrived(c.Other(), c.By, nil), "RST")
			if rst == nil || c.Reset() == nil {
				continue
			}
			if s := c.Sent(c.Other(), rst, nil); len(s) > 0 {
				return claim.Refute(claim.Numbers(rst, s[0]), "%s answered with %s", c.Other(), claim.FlagsOf(s))
			}
			cited = append(cited, rst, c.Reset())
		}
		if len(cited) == 0 {
			return none(j, lingerZero)
		}
		return claim.Confirm(claim.Numbers(cited...), "the end that was reset sent nothing, %d times", len(cited)/2)
	},
}

var lr18 = claim.Claim{
	ID: "LR18", Statement: "any RST inside the window ends the connection",
	Source: "RFC 793 §3.4; RFC 5961 §3.2 differs", Quantity: claim.Always,
	Precondition: "its number is inside the receiver's window, and is not the one expected",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, f := range forgeries(j) {
			if f.beyond <= 0 || f.beyond >= f.window || f.read == nil {
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

// onlyExact is the phenomenon of inexact: of three RSTs the exact one ends the
// connection, the others do not.
var onlyExact = claim.Phenomenon{
	Needs: needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		var cited []*journal.Event
		all := forgeries(j)
		for _, f := range all {
			if (f.ended != nil) != (f.beyond == 0) {
				return claim.Refuse(j, claim.Numbers(f.rst, f.ended), "a RST %d beyond the number expected: the connection ended: %t", f.beyond, f.ended != nil)
			}
			if f.beyond != 0 && (f.read == nil || f.read.Call.Result <= 0) {
				return claim.Refuse(j, claim.Numbers(f.rst, f.read), "after a RST %d beyond the number expected the connection did not go on", f.beyond)
			}
			cited = append(cited, f.rst, f.ended, f.read)
		}
		if len(all) < 3 {
			if f, ok := claim.Complete(j); !ok {
				return f
			}
			return claim.Unclear("%d RSTs were made up, not three", len(all))
		}
		return claim.Confirm(claim.Numbers(cited...), "the RST with the number expected ended the connection, and the %d others did not", len(all)-1)
	},
}

// compareForgeries is the table of inexact.
func compareForgeries(j *journal.Journal) *claim.Comparison {
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
