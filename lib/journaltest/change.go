package journaltest

import (
	"strings"

	"sockproof/lib/journal"
)

// Change alters a journal.
type Change = func(*Journal)

// AsRecorded changes nothing.
func AsRecorded(*Journal) {}

// All makes several changes, one after the other.
func All(changes ...Change) Change {
	return func(d *Journal) {
		for _, change := range changes {
			change(d)
		}
	}
}

// Each makes the same change for several names.
func Each(change func(name string) Change, names ...string) Change {
	return func(d *Journal) {
		for _, name := range names {
			change(name)(d)
		}
	}
}

// Interrupted lets the run have been stopped at its end.
func Interrupted(d *Journal) { d.Stopped = "interrupted by SIGINT" }

// Changed changes the first such event.
func Changed(w Which, change func(*journal.Event)) Change { return ChangedNth(0, w, change) }

// ChangedNth changes the n-th such event, from 0.
func ChangedNth(n int, w Which, change func(*journal.Event)) Change {
	return func(d *Journal) { change(d.Nth(n, w)) }
}

// ChangedAll changes every such event.
func ChangedAll(w Which, change func(*journal.Event)) Change {
	return func(d *Journal) {
		d.First(w)
		for i := range d.Events {
			if w(&d.Events[i]) {
				change(&d.Events[i])
			}
		}
	}
}

// Dropped deletes the first such event.
func Dropped(w Which) Change { return DroppedNth(0, w) }

// DroppedNth deletes the n-th such event, from 0.
func DroppedNth(n int, w Which) Change {
	return func(d *Journal) { d.Drop(Numbered(d.Nth(n, w).N)) }
}

// DroppedAll deletes every such event.
func DroppedAll(w Which) Change { return func(d *Journal) { d.DropAll(w) } }

// DroppedBehind deletes every such event that comes after the first of another sort.
func DroppedBehind(first, w Which) Change {
	return func(d *Journal) { d.DropAll(Behind(d.First(first).N, w)) }
}

// Swapped lets the first such events change places, numbers and times aside.
func Swapped(a, b Which) Change { return func(d *Journal) { d.Swap(d.First(a), d.First(b)) } }

// Copied puts a copy of the first event of a sort, changed, behind the first of another.
func Copied(behind, like Which, change func(*journal.Event)) Change {
	return func(d *Journal) { d.Again(d.First(behind).N, d.First(like), change) }
}

// Carried puts a copy of a segment on the wire behind the first such event: sent and delivered.
func Carried(behind, like Which, change func(*journal.Packet)) Change {
	return func(d *Journal) { d.Carry(d.First(behind).N, d.First(like), change) }
}

// Called puts a call behind the first such event.
func Called(behind Which, socket, op string, result int64, errno journal.Errno, args ...string) Change {
	return func(d *Journal) { d.Call(d.First(behind).N, socket, op, result, errno, args...) }
}

// HeldUp lets the program not have run while a call was in progress, from its
// beginning; with a signal's name, for it was stopped and continued.
func HeldUp(w Which, by journal.Signal) Change {
	return func(d *Journal) {
		call := d.First(w)
		d.After(d.Events[len(d.Events)-1].N, journal.Event{
			T: call.T, Kind: journal.KindProcess,
			Process: &journal.Process{PID: 1, Event: journal.HeldUp, Signal: by, ForNS: 3e8},
		})
	}
}

// Returned lets a call have returned something else; -1: failed.
func Returned(result int64, errno journal.Errno, data ...byte) func(*journal.Event) {
	return func(e *journal.Event) {
		c := *e.Call
		c.Result, c.Errno, c.Signal, c.Data = result, errno, "", data
		e.Call = &c
	}
}

// Said lets a call have returned something else through a pointer.
func Said(out string) func(*journal.Event) { return func(e *journal.Event) { e.Call.Out = out } }

// Becomes lets another state have been entered.
func Becomes(state string) func(*journal.Event) {
	return func(e *journal.Event) { e.State.To = state }
}

// SetTo lets a setting have got another value.
func SetTo(value string) func(*journal.Event) {
	return func(e *journal.Event) { e.Setting.New = value }
}

// SeenAt lets a packet have been seen at another place.
func SeenAt(at string) func(*journal.Event) { return func(e *journal.Event) { e.Packet.At = at } }

// Flagged gives a segment other flags.
func Flagged(flags journal.Flags) func(*journal.Event) {
	return func(e *journal.Event) {
		p := *e.Packet
		p.Flags = flags
		e.Packet = &p
	}
}

// Twice lets segments come a second time, as after SIGSTOP and SIGCONT: each is
// sent again when it has arrived and the sockets were looked at, and the copy
// arrives.
func Twice(segments ...Which) Change {
	return func(d *Journal) {
		for _, w := range segments {
			first := *d.First(w)
			arrival := *d.First(ArrivalOf(first.N))
			n := d.LookedAt(arrival.N)
			d.Again(n, &first, nil)
			d.Again(n+1, &arrival, func(e *journal.Event) { e.Packet.Of = n + 1 })
		}
	}
}

// Another lets segments like some pass that are another connection's.
func Another(segments ...Which) Change {
	return func(d *Journal) {
		for _, w := range segments {
			first := *d.First(w)
			d.Again(first.N, &first, func(e *journal.Event) { e.Packet.Src, e.Packet.Dst = "192.0.2.9:9", "192.0.2.8:8" })
		}
	}
}

// Counted lets a stack have counted something, in the end.
func Counted(host, name string, n int64) Change {
	return func(d *Journal) {
		like := *d.First(func(e *journal.Event) bool { return e.Counter != nil })
		d.Again(d.Events[len(d.Events)-1].N, &like, func(e *journal.Event) {
			e.Host, e.Counter = host, &journal.Counter{Name: name, Delta: n}
		})
	}
}

// Sent is a segment with exactly these flags that leaves a port.
func Sent(port string, flags journal.Flags) Which { return From(port, PacketAt(journal.AtSent, flags)) }

// Arriving is one of a port's that enters the host that it left for.
func Arriving(port string, flags journal.Flags) Which {
	return From(port, PacketAt(journal.AtDelivered, flags))
}

// ArrivalOf is the arrival of a segment, by the number under which it was sent.
func ArrivalOf(n int) Which {
	return func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == journal.AtDelivered && e.Packet.Of == n
	}
}

// Entered is a change to a state, whoever saw it.
func Entered(state string) Which {
	return func(e *journal.Event) bool { return e.State != nil && e.State.To == state }
}

// From narrows what is looked for to the segments that a port sent.
func From(port string, w Which) Which {
	return func(e *journal.Event) bool {
		return e.Packet != nil && strings.HasSuffix(string(e.Packet.Src), ":"+port) && w(e)
	}
}

// To narrows it to those that a port was sent.
func To(port string, w Which) Which {
	return func(e *journal.Event) bool {
		return e.Packet != nil && strings.HasSuffix(string(e.Packet.Dst), ":"+port) && w(e)
	}
}

// SentBy is a segment with payload of a port, at a place.
func SentBy(port, at string) Which {
	return From(port, func(e *journal.Event) bool { return e.Packet.At == at && e.Packet.Len > 0 })
}
