package claim

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/journal"
)

// History is one socket's states in order, as all witnesses together saw them.
type History struct {
	Socket string  `json:"socket"`
	States []Stand `json:"states"`
}

// Stand is a state a socket stood in, from the moment a witness first saw it.
type Stand struct {
	State     string            `json:"state"`
	T         int64             `json:"t_ns"`
	Witnesses []journal.Witness `json:"witnesses"` // who saw it
	Events    []int             `json:"events"`    // their events
}

// Disagreement is where the witnesses of one socket contradict each other.
type Disagreement struct {
	Socket string `json:"socket"`
	Text   string `json:"text"`
	Events []int  `json:"events"`
}

// Histories merges the state events of a journal into one history per socket,
// in the order in which the sockets appear, up to the end of the steps, and lists
// what one witness saw and another that was watching the same socket did not.
//
// Each witness sees a subsequence of the states a socket passed through, or
// its own name for one. Merging walks the events in order: an event that names
// a state already in the history, later than where its witness last stood,
// joins it; any other makes a new one.
func Histories(j *journal.Journal) ([]History, []Disagreement) {
	var (
		merged  = map[string]*merge{}
		order   []string
		history []History
		differ  []Disagreement
	)
	for i := range j.Events {
		e := &j.Events[i]
		if e.State == nil || e.Socket == "" || j.Played != 0 && e.N > j.Played {
			continue
		}
		m := merged[e.Socket]
		if m == nil {
			m = &merge{socket: e.Socket, at: map[journal.Witness]int{}}
			merged[e.Socket] = m
			order = append(order, e.Socket)
		}
		m.add(e)
	}
	for _, s := range order {
		m := merged[s]
		history = append(history, History{Socket: s, States: m.states})
		differ = append(differ, m.disagreements()...)
	}
	return history, differ
}

// merge builds one socket's history.
type merge struct {
	socket string
	states []Stand
	at     map[journal.Witness]int // the index each witness last stood at
}

func (m *merge) add(e *journal.Event) {
	w := e.State.Witness
	from := 0
	if last, seen := m.at[w]; seen {
		from = last + 1
	}
	for i := from; i < len(m.states); i++ {
		if sameState(m.states[i].State, e.State.To) && !slices.Contains(m.states[i].Witnesses, w) {
			if e.State.To == journal.Close {
				m.states[i].State = journal.Close // a state, where GONE only says that nothing is found
			}
			m.states[i].Witnesses = append(m.states[i].Witnesses, w)
			m.states[i].Events = append(m.states[i].Events, e.N)
			m.at[w] = i
			return
		}
	}
	m.at[w] = len(m.states)
	m.states = append(m.states, Stand{
		State: e.State.To, T: e.T, Witnesses: []journal.Witness{w}, Events: []int{e.N},
	})
}

// sameState says whether two witnesses mean the same: sock_diag has no socket
// to show once it is CLOSE.
func sameState(x, y string) bool {
	ended := func(s string) bool { return s == journal.Close || s == journal.Gone }
	return x == y || ended(x) && ended(y)
}

// disagreements lists the states that a witness did not see though it was
// watching both before and after, and the last states on which witnesses that
// watched to the end differ.
func (m *merge) disagreements() []Disagreement {
	var all []Disagreement
	first := map[journal.Witness]int{}
	for i := range m.states {
		for _, w := range m.states[i].Witnesses {
			if _, ok := first[w]; !ok {
				first[w] = i
			}
		}
	}
	for i := range m.states {
		s := &m.states[i]
		var missed []string
		events := slices.Clone(s.Events)
		for _, w := range sortedWitnesses(first) {
			if slices.Contains(s.Witnesses, w) || i < first[w] || i > m.at[w] {
				continue
			}
			before, from := m.beside(w, i, -1)
			next, to := m.beside(w, i, +1)
			missed = append(missed, fmt.Sprintf("%s went from %s to %s%s", w, before, next, knownCause(s.State, next, w)))
			events = append(events, from, to)
		}
		if len(missed) > 0 {
			slices.Sort(events)
			all = append(all, Disagreement{
				Socket: m.socket, Events: events,
				Text: fmt.Sprintf("%s saw %s, %s", joinWitnesses(s.Witnesses), s.State, strings.Join(missed, ", ")),
			})
		}
	}
	return all
}

// beside returns the state that witness w saw next before (step -1) or after
// (step +1) index i.
func (m *merge) beside(w journal.Witness, i, step int) (state string, event int) {
	for i += step; i >= 0 && i < len(m.states); i += step {
		if k := slices.Index(m.states[i].Witnesses, w); k >= 0 {
			return m.states[i].State, m.states[i].Events[k]
		}
	}
	return "", 0
}

// knownCause explains a disagreement that is the kernel's way: TCP_INFO of a
// descriptor whose socket has become TIME_WAIT says CLOSE.
func knownCause(seen, next string, w journal.Witness) string {
	if seen == journal.Close && next == journal.TimeWait && w == journal.SockDiag {
		return " (TCP_INFO says CLOSE once only a TIME_WAIT is left)"
	}
	return ""
}

func sortedWitnesses(m map[journal.Witness]int) []journal.Witness {
	var ws []journal.Witness
	for w := range m {
		ws = append(ws, w)
	}
	slices.Sort(ws)
	return ws
}

func joinWitnesses(ws []journal.Witness) string {
	names := make([]string, len(ws))
	for i, w := range ws {
		names[i] = string(w)
	}
	return strings.Join(names, " and ")
}
