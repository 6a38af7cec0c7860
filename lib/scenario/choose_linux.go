package scenario

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/network"
)

// Conduct runs one scenario on a stage of its own and returns its journal: on
// the network asked for, or else on the strongest that the scenario can have
// here, saying which and why. It never fails: what went wrong is why the
// journal is stopped.
func Conduct(ctx context.Context, s *Scenario, c Conditions) journal.Journal {
	var reasons []string
	for _, k := range c.candidates(s) {
		if why, known := c.Missing[k]; known {
			reasons = append(reasons, why)
			continue
		}
		var (
			j   journal.Journal
			err error
		)
		// A thread for each try: one that failed may be in a namespace of its
		// own by then, and could be taken for the caller's.
		network.OnThread(func() { j, err = conduct(ctx, s, c, k, because(c, reasons)) })
		if err == nil {
			return j
		}
		var u *network.Unavailable
		if errors.As(err, &u) && c.Missing != nil {
			c.Missing[k] = err.Error()
		}
		reasons = append(reasons, err.Error())
	}
	refused := journal.HostNet
	if c.Network != "" {
		refused = c.Network
	}
	if !slices.Contains(s.RunsOn(), refused) {
		reasons = append(reasons, s.Refusal(refused))
	}
	wanted := c.Network
	if wanted == "" {
		wanted = s.RunsOn()[0]
	}
	return journal.Journal{
		Run: c.Run, Scenario: s.Name, Family: c.Family, Network: wanted, Stopped: strings.Join(reasons, "; "),
	}
}

// candidates are the networks to try, strongest first.
func (c Conditions) candidates(s *Scenario) []journal.Network {
	if c.Network == "" {
		return s.RunsOn()
	}
	if slices.Contains(s.RunsOn(), c.Network) {
		return []journal.Network{c.Network}
	}
	return nil
}

// because says why a network was chosen, where the caller left it open.
func because(c Conditions, missing []string) string {
	switch {
	case c.Network != "":
		return ""
	case len(missing) > 0:
		return strings.Join(missing, "; ")
	}
	return "the strongest of its networks"
}
