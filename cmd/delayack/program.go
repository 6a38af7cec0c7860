package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// Why some run nowhere else.
const (
	needsLosing = "segments have to be lost or made up"
	needsPath   = "the path has to carry full segments, one by one"
)

// program is the phenomenon and the ways to bring it about or prevent it.
var program = cli.Program{
	Name:    "delayack",
	Summary: "an acknowledgement waits for 40 ms, and a small write with it",
	Scenarios: scenario.WireOnly(needsLosing, []scenario.Scenario{
		{
			Name: "stall", Title: "write, write, read: 40 ms, and what cures it",
			Steps: stall, Networks: journal.Networks(), DelayedACK: true,
			Phenomenon: stalls, Compare: compareWays, Claims: []*claim.Claim{&ng1, &ng2, &ng3, &ng4},
		},
		{
			Name: "delayed", Title: "when data is acknowledged at once, and when it has to wait",
			Steps: delayed, Networks: journal.Networks(), DelayedACK: true,
			Phenomenon: both, Compare: compareSituations, Claims: []*claim.Claim{&da1, &da2},
		},
		{
			Name: "quickack", Title: "TCP_QUICKACK is not permanent",
			Steps: quickack, Networks: journal.Networks(), DelayedACK: true, Phenomenon: notPermanent, Claims: []*claim.Claim{&da3, &da4},
		},
		{
			Name: "cumulative", Title: "two acknowledgements are lost, and the third says it all",
			Steps: cumulative, Phenomenon: claim.By(&da6), Claims: []*claim.Claim{&da5, &da6},
		},
		{
			Name: "every", Title: "ten segments leave with no acknowledgement, and have fewer than ten",
			Steps: every, NoHost: needsPath, DelayedACK: true, Phenomenon: claim.By(&da7), Claims: []*claim.Claim{&da7, &da8},
		},
		{
			Name: "flags", Title: "a segment without ACK comes to an established connection, and a RST without",
			Steps: bareFlags, Phenomenon: ignored, Claims: []*claim.Claim{&da9, &da10},
		},
		{
			Name: "again", Title: "lost data is sent again behind a FIN, and an empty probe where the window is closed",
			Steps: again, Phenomenon: claim.By(&da11), Claims: []*claim.Claim{&da11, &da12},
		},
	}),
	Examples: []cli.Example{
		{Line: "delayack", Does: "write, write, read, and each cure beside it, with times"},
		{Line: "delayack delayed", Does: "at once on a fresh connection, late in ping-pong"},
		{Line: "delayack quickack", Does: "TCP_QUICKACK has to be set after each read"},
	},
}
