package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// What the kernel tells of a socket's end is held against what the others saw before and after.
func TestEndsAreHeldAgainstTheOthers(t *testing.T) {
	const off = "lingerreset/linger-off" // a1 and a2 closed in order, a3 with {1, 0}
	told := func(socket string, change func(d *journal.Destroyed)) func(a *altered) {
		return func(a *altered) { change(a.destroyed(socket).Destroyed) }
	}
	found(t, []lie{
		{"too few segments in", off, R4, "a1", told("a1", func(d *journal.Destroyed) { d.SegsIn -= 2 })}, // the last may have ended it,
		{"a segment in too many", off, R4, "a1", told("a1", func(d *journal.Destroyed) { d.SegsIn++ })},
		{"a segment out too few", off, R4, "a2", told("a2", func(d *journal.Destroyed) { d.SegsOut-- })},
		{"a segment out too many", off, R4, "a2", told("a2", func(d *journal.Destroyed) { d.SegsOut++ })},
		{"fewer bytes acknowledged than before", off, R4, "a1", told("a1", func(d *journal.Destroyed) { d.BytesAcked = 0 })},
		{"a descriptor was open", off, R5, "a1", func(a *altered) { a.moveEnd("a1", a.call("a1", "getsockopt", 0)) }},
		{"it was told twice", off, R5, "a1", func(a *altered) { a.toldAt("a1", a.destroyed("a2")) }},
		{"it was seen again", off, R5, "a1", func(a *altered) {
			a.moveEnd("a1", a.nth("FIN of a1", 0, func(e *journal.Event) bool { return isSegment(e) && e.Packet.Flags.Has(finFlag) }))
		}},
	})
	silent(t, []truth{
		{"as recorded", off, func(*altered) {}},
		{"nothing was told", off, func(a *altered) { a.unavailable(journal.DiagEvents) }},
		{"one was not told of", off, func(a *altered) {
			n := a.destroyed("a2").N
			a.without(func(e *journal.Event) bool { return e.N == n })
		}},
		{"it was disconnected", off, told("a1", func(d *journal.Destroyed) { *d = journal.Destroyed{Witness: d.Witness} })},
	})
}

// destroyed is what was told of a socket's end.
func (a *altered) destroyed(socket string) *journal.Event {
	a.Helper()
	return a.nth("end of "+socket, 0, func(e *journal.Event) bool { return e.Destroyed != nil && e.Socket == socket })
}

// toldAt makes the kernel tell of a socket's end in the place of another event.
func (a *altered) toldAt(socket string, instead *journal.Event) {
	a.Helper()
	e := *a.destroyed(socket)
	e.N, e.T = instead.N, instead.T
	*instead = e
}

// moveEnd makes the kernel have told of a socket's end in the place of another event, and not later.
func (a *altered) moveEnd(socket string, instead *journal.Event) {
	a.Helper()
	n := a.destroyed(socket).N
	a.toldAt(socket, instead)
	a.without(func(e *journal.Event) bool { return e.N == n })
}
