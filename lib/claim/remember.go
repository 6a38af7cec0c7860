package claim

import (
	"slices"
	"sync"

	"sockproof/lib/journal"
)

// remembered has, by a journal's first event, what was made of it.
var remembered sync.Map // *journal.Event → *memory

// memory is what several checks of one journal would each make anew.
type memory struct {
	events, sockets, played int // of the journal that it is of
	made                    map[any]any
}

// Remember lets checks of a journal share what each would make of it anew, until
// forget is called. Until then the journal must not change, and must be judged by
// one goroutine alone. Checks stay functions of the journal.
func Remember(j *journal.Journal) (forget func()) {
	if len(j.Events) == 0 {
		return func() {}
	}
	key := &j.Events[0]
	if _, is := remembered.LoadOrStore(key, &memory{len(j.Events), len(j.Sockets), j.Played, map[any]any{}}); is {
		return func() {} // whoever began it ends it
	}
	return func() { remembered.Delete(key) }
}

// memoryOf is what is remembered of this very journal; nil: nothing is.
func memoryOf(j *journal.Journal) *memory {
	if len(j.Events) == 0 {
		return nil
	}
	v, ok := remembered.Load(&j.Events[0])
	if !ok {
		return nil
	}
	m := v.(*memory)
	if m.events != len(j.Events) || m.sockets != len(j.Sockets) || m.played != j.Played {
		return nil // a part of it, or it with another head
	}
	return m
}

// Shared is what is made of a journal: anew, or, while that is remembered, once for
// all that ask with the same key. Whoever gets it must not change it.
func Shared[T any](j *journal.Journal, key any, anew func() T) T {
	m := memoryOf(j)
	if m == nil {
		return anew()
	}
	v, ok := m.made[key]
	if !ok {
		v = anew()
		m.made[key] = v
	}
	return v.(T)
}

// connectionsKey is that of the connections.
type connectionsKey struct{}

// Connections lists the connections of a journal in the order in which they
// were called for, those that were never accepted among them. Where addresses
// were used again, each socket counts for one connection only, and a packet for
// the one that was called for last.
func Connections(j *journal.Journal) []Connection {
	return slices.Clone(Shared(j, connectionsKey{}, func() []Connection { return connections(j) }))
}
