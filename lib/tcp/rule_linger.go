package tcp

import "sockproof/lib/journal"

// linger holds the SO_LINGER that a socket was asked for against what it had been set to, and
// what its last close() sent (R6; socket(7)).
func (c *confrontation) linger(s *Socket) {
	for _, e := range s.Calls {
		x := e.Call
		if x.Op != "getsockopt" || x.Errno != "" || x.Option() != journal.SOLinger {
			continue
		}
		was := "SO_LINGER of " + s.ID + " was " + x.Out
		value, set := s.Option(journal.SOLinger, e.N)
		has, ok := x.Value().Linger()
		asked, _ := value.Linger()
		switch {
		case !ok:
			c.about(R6, s, []int{e.N}, was, "it is a struct of two numbers")
		case set != nil && asked != has && asked.On:
			c.about(R6, s, []int{set.N, e.N}, was, "it had been set to "+string(value))
		case c.sees() && s.End != nil && !s.End.Bulk && !c.setLater(s, e):
			c.lingeredSo(s, e, has)
		}
	}
}

// setLater says whether SO_LINGER was set after an event and before the last close().
func (c *confrontation) setLater(s *Socket, e *journal.Event) bool {
	_, set := s.Option(journal.SOLinger, s.End.Closed)
	return set != nil && set.N > e.N
}

// lingeredSo asks whether the last close() sent what goes with a value: a RST for {1, 0}, and
// none for others.
func (c *confrontation) lingeredSo(s *Socket, e *journal.Event, value journal.Linger) {
	end := s.End
	if end.Closed < e.N || end.Opened == 0 || end.FinIn != 0 || end.ShutWrite != 0 || by(end.RstIn, end.Closed) || end.UnreadAt(end.Closed) > 0 {
		return
	}
	switch {
	case value.Aborts() && end.FinOut > end.Closed:
		c.about(R6, s, []int{e.N, end.Closed, end.FinOut}, "SO_LINGER of "+s.ID+" was "+e.Call.Out, "its close() sent a FIN")
	case !value.Aborts() && end.RstOut > end.Closed && end.FinOut == 0:
		c.about(R6, s, []int{e.N, end.Closed, end.RstOut}, "SO_LINGER of "+s.ID+" was "+e.Call.Out, "its close() sent a RST")
	}
}
