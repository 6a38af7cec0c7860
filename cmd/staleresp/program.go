package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

var onWire = []journal.Network{journal.Wire}

// largestMTU lets a connection move bytes so much faster than the clock of initial
// sequence numbers runs that a slow machine does so, too.
const largestMTU = 65535

// program is the phenomenon and the ways to bring it about.
var program = cli.Program{
	Name:    "staleresp",
	Summary: "a long connection that hands a request the wrong reply",
	Scenarios: []scenario.Scenario{
		{
			Name: "late-reply", Title: "a request times out, its reply is late, and the next request reads it; and so on by one",
			Steps: lateReply, Phenomenon: misled(anyCause), Compare: comparePolicies,
			Claims: []*claim.Claim{&sr1, &sr2},
		},
		{
			Name: "slow-server", Title: "the reply is late because the server is",
			Steps: slowServer, Phenomenon: misled(lateServer),
			Claims: []*claim.Claim{&sr1, &sr2},
		},
		{
			Name: "slow-network", Title: "the reply is late because the network is",
			Steps: slowNetwork, Networks: onWire, NoHost: "the reply is held, which only the wire can", Phenomenon: misled(lateNetwork),
			Claims: []*claim.Claim{&sr1, &sr2},
		},
		{
			Name: "policies", Title: "six ways for a client to tell whose reply it reads, two late replies each",
			Steps: policiesSideBySide, Phenomenon: misled(anyCause), Compare: comparePolicies,
			Claims: []*claim.Claim{&sr3, &sr8, &sr9, &sr10},
		},
		{
			Name: "crosswire", Title: "the server writes one client's reply to another's connection",
			Steps: crosswire, Phenomenon: crosswired, Compare: comparePolicies,
			Claims: []*claim.Claim{&sr6, &sr7, &sr17},
		},
		{
			Name: "cancelled", Title: "a request is cancelled before its reply is read, and its connection goes back to the pool",
			Steps: cancelled, Phenomenon: misled(wasCancelled), Compare: comparePolicies,
			Claims: []*claim.Claim{&sr2, &sr9},
		},
		{
			Name: "survivor", Title: "the server's old socket is still alive when its late reply meets the client's new one",
			Steps: survivor, Networks: onWire, NoHost: "segments are held and dropped, which only the wire can", Phenomenon: claim.By(&sr15),
			Claims: []*claim.Claim{&sr15},
		},
		{
			Name: "incarnation", Title: "the reply of a dead connection is read in the next one between the same addresses and ports",
			Steps: incarnation, Networks: onWire, NoHost: "segments are held, which only the wire can", MTU: largestMTU, Phenomenon: incarnate,
			Claims: []*claim.Claim{&sr4, &sn10, &sr11, &sr12, &sr17, &sr18, &sr19},
		},
		{
			Name: "time-wait", Title: "a four-tuple in TIME_WAIT that is called again, with an old reply under way; and a TIME_WAIT that ends early",
			Steps: timeWait, Networks: onWire, NoHost: "settings are changed, and segments kept", MTU: largestMTU, Phenomenon: openedOver, Compare: compareReopenings,
			Claims: []*claim.Claim{&sr5, &sr13, &sr14, &sr16},
		},
	},
	Flags:    ownFlags(),
	For:      map[string][]string{timestampsFlag: {"incarnation"}},
	Commands: []cli.Command{loadCommand()},
	Examples: []cli.Example{
		{Line: "staleresp", Does: "one reply is late, and the next request reads it"},
		{Line: "staleresp incarnation", Does: "a dead connection's segment is read in the next one"},
		{Line: "staleresp policies", Does: "six ways for a client to tell whose reply it reads"},
	},
}
