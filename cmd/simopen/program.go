package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

var offWire = []journal.Network{journal.Loopback, journal.HostNet}

// needsWire is why most scenarios run nowhere else.
const needsWire = "both SYNs have to be held until both are under way"

// program is the phenomenon and the ways to bring it about or prevent it.
var program = cli.Program{
	Name:    "simopen",
	Summary: "simultaneous open: two clients, no server",
	Scenarios: scenario.WireOnly(needsWire, []scenario.Scenario{
		{
			Name: "cross", Title: "both SYNs are under way before either arrives",
			Steps: cross, Phenomenon: bothOpened, Claims: []*claim.Claim{&so1, &so2, &so3, &so4, &so5, &so10},
		},
		{
			Name: "close-cross", Title: "both SYNs cross, and later both ends close at once",
			Steps: closeCross, Phenomenon: closedAtOnce, Claims: []*claim.Claim{&so3, &so4, &so9, &so12},
		},
		{
			Name: "lost-syn", Title: "one of the SYNs is lost, then both are",
			Steps: lossy(wire.IsSYN), Phenomenon: claim.By(&so7), Claims: []*claim.Claim{&so7},
		},
		{
			Name: "lost-synack", Title: "one of the SYN-ACKs is lost, then both are",
			Steps: lossy(wire.IsSYNACK), Phenomenon: claim.By(&so7), Claims: []*claim.Claim{&so7},
		},
		{
			Name: "missed", Title: "the SYNs do not cross: RST, ECONNREFUSED",
			Steps: missed, Networks: journal.Networks(), Phenomenon: bothRefused, Claims: []*claim.Claim{&so6},
		},
		{
			Name: "same-path", Title: "the transitions beside those of a self-connection",
			Steps: samePath, ToSelf: true, Phenomenon: claim.By(&so8), Claims: []*claim.Claim{&so8},
		},
		{
			Name: "punch", Title: "through two stateful filters that let in only what was asked for",
			Steps: punch, Phenomenon: throughFilters,
		},
		{
			Name: "listener", Title: "which socket wins when one side also listens on its port",
			Steps: listener, Phenomenon: clientBeatsListener,
		},
		{
			Name: "eaten-rst", Title: "without a wire, every time: a socket filter drops the RST that would end the first call",
			Steps: eatenRST, Networks: []journal.Network{journal.Loopback}, NoHost: "it would have to list the listeners of the whole machine",
			Phenomenon: bothOpened, Claims: []*claim.Claim{&so1},
		},
		{
			Name: "race", Title: "two pinned threads call at the same moment: how often the kernel alone makes them cross",
			Steps: race, Networks: offWire, Phenomenon: raced, Claims: []*claim.Claim{&so1},
		},
		{
			Name: "retry", Title: "two clients that are refused and call again, without end",
			Steps: retry, Networks: offWire, Phenomenon: raced, Claims: []*claim.Claim{&so1, &so11},
		},
	}),
	Fallback: []string{"eaten-rst", "race"},
	Examples: []cli.Example{
		{Line: "simopen", Does: "two SYNs cross: one connection, no listener"},
		{Line: "simopen cross --step", Does: "decide what becomes of each packet"},
		{Line: "simopen race --net host", Does: "left to chance, on this machine's own stack"},
	},
}
