package scenario

import "sockproof/lib/journal"

// WireOnly fills in what most scenarios of a program share: two hosts, a and b; and of one that names no
// networks that it runs on the wire alone, and why, if it does not say so itself.
func WireOnly(why string, all []Scenario) []Scenario {
	for i := range all {
		s := &all[i]
		if s.Hosts == nil {
			s.Hosts = []string{"a", "b"}
		}
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
