package cli

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// Conduct lets a command play on the caller's own stack, for as long as it takes,
// and returns the journal.
func (c *Context) Conduct(s *scenario.Scenario, play scenario.Play, f journal.Family) journal.Journal {
	return scenario.Conduct(c.Ctx, s, play, scenario.Conditions{Network: journal.HostNet, Family: f, Run: 1, First: 1})
}
