package tcp

import (
	"regexp"

	"sockproof/lib/journal"
)

// lingerText is a struct linger as the journal has it.
var lingerText = regexp.MustCompile(`^\{[01], \d+\}$`)

// linger holds the SO_LINGER that a socket was asked for against what it had been set to, and
// what its last close() sent (R6; socket(7)).
func (c *confrontation) linger(s *Socket) {
	for _, e := range s.Calls {
		x := e.Call
		if x.Op != "getsockopt" || x.Errno != "" || arg(x, 1) != "SO_LINGER" {
			continue
		}
		was := "SO_LINGER of " + s.ID + " was " + x.Out
		value, set := s.Option("SO_LINGER", e.N)
		switch {
		case !lingerText.MatchString(x.Out):
			c.about(R6, s, []int{e.N}, was, "it is a struct of two numbers")
		case set != nil && parseLinger(value) != parseLinger(x.Out) && parseLinger(value).on:
			c.about(R6, s, []int{set.N, e.N}, was, "it had been set to "+value)
		case c.sees() && s.End != nil && !s.End.Bulk && !c.setLater(s, e):
			c.lingeredSo(s, e, parseLinger(x.Out))
		}
	}
}

// setLater says whether SO_LINGER was set after an event and before the last close().
func (c *confrontation) setLater(s *Socket, e *journal.Event) bool {
	_, set := s.Option("SO_LINGER", s.End.Closed)
	return set != nil && set.N > e.N
}

// lingeredSo asks whether the last close() sent what goes with a value: a RST for {1, 0}, and
// none for others.
func (c *confrontation) lingeredSo(s *Socket, e *journal.Event, value lingerOption) {
	end := s.End
	abortive := value.on && value.seconds == 0
	if end.Closed < e.N || end.Opened == 0 || end.FinIn != 0 || end.ShutWrite != 0 || by(end.RstIn, end.Closed) || end.UnreadAt(end.Closed) > 0 {
		return
	}
	switch {
	case abortive && end.FinOut > end.Closed:
		c.about(R6, s, []int{e.N, end.Closed, end.FinOut}, "SO_LINGER of "+s.ID+" was "+e.Call.Out, "its close() sent a FIN")
	case !abortive && end.RstOut > end.Closed && end.FinOut == 0:
		c.about(R6, s, []int{e.N, end.Closed, end.RstOut}, "SO_LINGER of "+s.ID+" was "+e.Call.Out, "its close() sent a RST")
	}
}
