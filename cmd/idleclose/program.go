package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/scenario"
)

// needsHolding is why the scenarios run nowhere else.
const needsHolding = "a segment has to be held while another is under way"

// program is the phenomenon and the ways to bring it about or prevent it.
var program = cli.Program{
	Name:    "idleclose",
	Summary: "a request is written as the server's idle close is under way",
	Scenarios: scenario.WireOnly(needsHolding, []scenario.Scenario{
		{
			Name: "race", Title: "a kept-alive connection: the server's FIN and the next request cross",
			Steps: race, Phenomenon: claim.By(&ru1), Claims: []*claim.Claim{&ru1},
		},
		{
			Name: "detectable", Title: "a look before use: the FIN has come, or is under way",
			Steps: detectable, Phenomenon: claim.By(&ru4), Compare: compareChecks, Claims: []*claim.Claim{&ru4},
		},
		{
			Name: "retry", Title: "the request again on a fresh connection: once where the FIN had crossed it, once where the server had acted on it",
			Steps: retry, Phenomenon: onceAndTwice, Compare: compareRetries, Claims: []*claim.Claim{&ru2},
		},
		{
			Name: "shorter", Title: "the client's idle bound is shorter than the server's: by more than the path takes, and by less",
			Steps: shorter, Phenomenon: tooLate, Claims: []*claim.Claim{&ru3, &ru5},
		},
		{
			Name: "lingering", Title: "the server half-closes and reads on before it closes: no RST",
			Steps: lingering, Phenomenon: claim.By(&ru6), Claims: []*claim.Claim{&ru6},
		},
	}),
	Examples: []cli.Example{
		{Line: "idleclose", Does: "the request that nobody reads, and the RST that answers it"},
		{Line: "idleclose retry", Does: "when to make it again, and when it is then done twice"},
		{Line: "badpeer idle-close --protocol http -- CMD", Does: "your own client put to it"},
	},
}
