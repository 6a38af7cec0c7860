package scenario

import "sockproof/lib/journal"

// WireOnly gives those scenarios of a program that name no networks the wire alone, and says why, where they do not say so
// themselves.
func WireOnly(why string, all []Scenario) []Scenario {
	for i := range all {
		s := &all[i]
		if s.Networks != nil {
			continue
		}
		s.Networks = []journal.Network{journal.Wire}
		if s.NoHost == "" {
			s.NoHost = why
		}
	}
	return all
}
