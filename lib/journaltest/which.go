package journaltest

import (
	"sockproof/lib/journal"
)

// Which tells the events that are looked for.
type Which func(*journal.Event) bool

// Call is a system call.
func Call(op string) Which {
	return func(e *journal.Event) bool { return e.Call != nil && e.Call.Op == op }
}

// StateTo is a change to a state, as one witness saw it.
func StateTo(to string, by journal.Witness) Which {
	return func(e *journal.Event) bool { return e.State != nil && e.State.To == to && e.State.Witness == by }
}

// PacketAt is a packet with exactly these flags, PSH and ECN's aside.
func PacketAt(at string, flags journal.Flags) Which {
	return func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == at && e.Packet.Flags&^(journal.PSH|journal.ECE|journal.CWR) == flags
	}
}

// Setting is a setting made or read.
func Setting(name string) Which {
	return func(e *journal.Event) bool { return e.Setting != nil && e.Setting.Name == name }
}

// Folded is what was counted instead of kept.
func Folded(e *journal.Event) bool { return e.Fold != nil }

// Of narrows what is looked for to one socket.
func Of(socket string, w Which) Which {
	return func(e *journal.Event) bool { return e.Socket == socket && w(e) }
}

// On narrows what is looked for to one host.
func On(host string, w Which) Which {
	return func(e *journal.Event) bool { return e.Host == host && w(e) }
}

// Option is a setsockopt of this option.
func Option(o journal.Option) Which {
	return func(e *journal.Event) bool { return Call("setsockopt")(e) && e.Call.Option() == o }
}

// Behind narrows what is looked for to what comes after event n.
func Behind(n int, w Which) Which {
	return func(e *journal.Event) bool { return e.N > n && w(e) }
}

// Numbered is the event with that number.
func Numbered(n int) Which { return func(e *journal.Event) bool { return e.N == n } }

// Left is a change from a state, whoever saw it.
func Left(state string) Which {
	return func(e *journal.Event) bool { return e.State != nil && e.State.From == state }
}

// Sampled is a reading of a socket in a state.
func Sampled(state string) Which {
	return func(e *journal.Event) bool { return e.Sample != nil && e.Sample.State == state }
}

// CallBy is a system call of one socket.
func CallBy(socket, op string) Which { return Of(socket, Call(op)) }

// StateOf is a change of one socket's to a state, whoever saw it.
func StateOf(socket, to string) Which { return Of(socket, Entered(to)) }

// LeftBy is a change of one socket's from a state, whoever saw it.
func LeftBy(socket, from string) Which { return Of(socket, Left(from)) }

// SampledOf is a reading of one socket in a state.
func SampledOf(socket, state string) Which { return Of(socket, Sampled(state)) }

// Flag is a segment with these flags, and maybe others, wherever it was seen.
func Flag(flags journal.Flags) Which {
	return func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Flags.Has(flags) }
}

// Lost is a packet that the wire dropped.
func Lost(e *journal.Event) bool { return e.Packet != nil && e.Packet.At == journal.AtDropped }

// Counter is how far a counter of a host's moved.
func Counter(name string) Which {
	return func(e *journal.Event) bool { return e.Counter != nil && e.Counter.Name == name }
}
