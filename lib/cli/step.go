package cli

import (
	"os"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// step prepares a session for --step.
func (s *session) step(c *Context) error {
	if !c.Bool("step") {
		return nil
	}
	if n := s.cond.Network; n != "" && n != journal.Wire {
		return Usagef("flag \"--step\": the network %q cannot be stopped: want --net wire", n)
	}
	if s.times > 1 {
		return Usagef("flags --step and --repeat exclude each other: give one")
	}
	s.cond.Network = journal.Wire
	s.moves = func() *scenario.Moves { return scenario.NewMoves(os.Stdin, c.Errs) }
	if !c.IsSet("timeout") {
		s.cond.Timeout = 0 // whoever thinks takes the time that it takes
	}
	return nil
}
