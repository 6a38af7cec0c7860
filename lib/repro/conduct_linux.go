package repro

import "sockproof/lib/journal"

// Conduct lets a command play on the caller's own stack, for as long as it takes,
// and returns the journal.
func (c *Context) Conduct(s *Scenario, play Play, f journal.Family) journal.Journal {
	return Conduct(c.Ctx, s, play, Conditions{Network: journal.HostNet, Family: f, Run: 1, First: 1})
}
