package claim

import "sockproof/lib/journal"

// script writes a journal by hand, event by event.
type script struct{ journal.Journal }

func newScript(n journal.Network) *script {
	return &script{journal.Journal{Run: 1, Network: n}}
}

// add appends an event and returns it.
func (s *script) add(e journal.Event) int {
	e.N, e.Run = len(s.Events)+1, 1
	e.T = int64(e.N)
	s.Events = append(s.Events, e)
	return e.N
}

// state lets a witness see socket a1 enter a state.
func (s *script) state(w journal.Witness, from, to string) {
	s.add(journal.Event{
		Host: "a", Socket: "a1", Kind: journal.KindState, State: &journal.State{From: from, To: to, Witness: w},
	})
}

func (s *script) call(op string, errno journal.Errno) int {
	return s.add(journal.Event{Host: "a", Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{Op: op, Errno: errno}})
}
