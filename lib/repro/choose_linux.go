package repro

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/network"
)

// choose sets the stage: on the network asked for, or else on the strongest
// that the scenario can have here, saying which and why.
func choose(s *Scenario, c Conditions, rec *journal.Recorder) (*network.Network, error) {
	if c.Network != "" {
		if !slices.Contains(s.Networks, c.Network) {
			return nil, errors.New(s.refusal(c.Network))
		}
		return open(s, c, c.Network, rec)
	}
	var reasons []string
	for _, k := range s.Networks {
		if why, known := c.missing[k]; known {
			reasons = append(reasons, why)
			continue
		}
		n, err := open(s, c, k, rec)
		if err == nil {
			why := "the strongest of its networks"
			if len(reasons) > 0 {
				why = strings.Join(reasons, "; ")
			}
			rec.Chosen(k, why)
			return n, nil
		}
		var u *network.Unavailable
		if !errors.As(err, &u) {
			return nil, err
		}
		if c.missing != nil {
			c.missing[k] = err.Error()
		}
		reasons = append(reasons, err.Error())
	}
	if s.NoHost != "" && !slices.Contains(s.Networks, journal.HostNet) {
		reasons = append(reasons, s.refusal(journal.HostNet))
	}
	return nil, errors.New(strings.Join(reasons, "; "))
}

func open(s *Scenario, c Conditions, k journal.Network, rec *journal.Recorder) (*network.Network, error) {
	return network.Open(network.Options{Kind: k, Family: c.Family, Hosts: s.Hosts, MTU: c.MTU, Recorder: rec})
}

// refusal says why the scenario cannot run on a network.
func (s *Scenario) refusal(k journal.Network) string {
	if k == journal.HostNet && s.NoHost != "" {
		return fmt.Sprintf("%s cannot run on the network %q: %s", s.Name, k, s.NoHost)
	}
	var names []string
	for _, n := range s.Networks {
		names = append(names, string(n))
	}
	return fmt.Sprintf("%s cannot run on the network %q: it takes %s", s.Name, k, orList(names))
}
