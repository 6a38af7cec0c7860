package claim

import (
	"slices"
	"strings"

	"sockproof/lib/journal"
)

// Step is a transition that a claim expects, with the segment that causes it.
type Step struct {
	From, To string
	On       []string // the flags of the segment, exactly; nil: any cause
}

// Follows judges whether a socket went through the steps, as the witnesses
// named saw it, each caused by the segment expected; whose says in the finding
// whose segments those are: "its own", "the other's". A witness that skipped a
// state cannot say: the change passed between two looks.
func Follows(j *journal.Journal, socket, whose string, steps []Step, by ...journal.Witness) Finding {
	var cited []*journal.Event
	at := 0
	for _, s := range steps {
		i, e := transition(j, socket, s.From, at, by)
		switch {
		case e == nil:
			return Unclear("no witness saw %s leave %s", socket, s.From)
		case e.State.To != s.To && j.Network != journal.Wire:
			return Unclear("it went from %s to %s between two looks: on %s what lies between passes inside one system call, unseen by %s",
				s.From, e.State.To, j.Network, joinWitnesses(by))
		case e.State.To != s.To:
			return Refute(Numbers(append(cited, e)...), "%s went from %s to %s, not to %s", socket, s.From, e.State.To, s.To)
		}
		at = i + 1
		cited = append(cited, e)
		if s.On == nil || j.Network != journal.Wire {
			continue // elsewhere packets and states are not seen in step
		}
		cause := Cause(j, e)
		if !HasFlags(cause, s.On...) {
			return Refute(Numbers(append(cited, cause)...), "%s went to %s, but not on %s", socket, s.To, strings.Join(s.On, "+"))
		}
		cited = append(cited, cause)
	}
	return Confirm(Numbers(cited...), "seen: %s", pathOf(steps, whose))
}

// transition finds the first change away from a state among the witnesses'
// events, from index at on; its index counts all events of the socket.
func transition(j *journal.Journal, socket, from string, at int, by []journal.Witness) (int, *journal.Event) {
	for i, e := range States(j, socket) {
		if i >= at && e.State.From == from && slices.Contains(by, e.State.Witness) {
			return i, e
		}
	}
	return 0, nil
}

func pathOf(steps []Step, whose string) string {
	path := []string{steps[0].From}
	for _, s := range steps {
		to := s.To
		if s.On != nil {
			to += " on " + whose + " " + strings.Join(s.On, "+")
		}
		path = append(path, to)
	}
	return strings.Join(path, " → ")
}
