package claim

import (
	"testing"

	"sockproof/lib/journal"
)

// TestRemembered: within Remember what is made of a journal is made once, and of
// another, or a part of it, anew; afterwards, anew.
func TestRemembered(t *testing.T) {
	j := &journal.Journal{Events: []journal.Event{{N: 1}, {N: 2}, {N: 3}}}
	made := 0
	ask := func(j *journal.Journal) int {
		return Shared(j, "key", func() int { made++; return made })
	}
	if a, b := ask(j), ask(j); a == b {
		t.Error("remembered though nobody asked for that")
	}
	forget := Remember(j)
	first := ask(j)
	if again := ask(j); again != first {
		t.Error("made twice")
	}
	inner := Remember(j)
	inner()
	if again := ask(j); again != first {
		t.Error("forgotten by one who had not begun it")
	}
	part, head := *j, *j
	part.Events = j.Events[:2]
	head.Played = 2
	for name, other := range map[string]*journal.Journal{"a part": &part, "another head": &head, "none": {}} {
		if ask(other) == first {
			t.Errorf("%s of the journal is taken for all of it", name)
		}
	}
	forget()
	if ask(j) == first {
		t.Error("not forgotten")
	}
}
