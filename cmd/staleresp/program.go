package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
)

var (
	everywhere = journal.Networks()
	onWire     = []journal.Network{journal.Wire}
	ab         = []string{"a", "b"}
)

// program is the phenomenon and the ways to bring it about.
var program = repro.Program{
	Name:    "staleresp",
	Summary: "a long connection that hands a request the wrong reply",
	Scenarios: []repro.Scenario{
		{
			Name: "late-reply", Title: "a request times out, its reply is late, and the next request reads it; and so on by one",
			Networks: everywhere, Hosts: ab, Phenomenon: misled(anyReason), Compare: comparePolicies,
			Claims: []*claim.Claim{&sr1, &sr2},
		},
		{
			Name: "slow-server", Title: "the reply is late because the server is",
			Networks: everywhere, Hosts: ab, Phenomenon: misled(lateServer),
			Claims: []*claim.Claim{&sr1, &sr2},
		},
		{
			Name: "slow-network", Title: "the reply is late because the network is",
			Networks: onWire, NoHost: "the reply is held, which only the wire can", Hosts: ab, Phenomenon: misled(lateNetwork),
			Claims: []*claim.Claim{&sr1, &sr2},
		},
		{
			Name: "policies", Title: "six ways for a client to tell whose reply it reads, two late replies each",
			Networks: everywhere, Hosts: ab, Phenomenon: misled(anyReason), Compare: comparePolicies,
			Claims: []*claim.Claim{&sr3, &sr7, &sr8, &sr9, &sr10},
		},
	},
	Plays:    plays,
	Flags:    ownFlags(),
	Commands: []repro.Command{loadCommand(), serveCommand(), judgeCommand()},
}
