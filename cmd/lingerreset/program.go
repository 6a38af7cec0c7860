package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

var onWire = []journal.Network{journal.Wire}

// program is the phenomenon and the ways to bring it about.
var program = cli.Program{
	Name:    "lingerreset",
	Summary: "RST, and the SIGPIPE that follows",
	Scenarios: []scenario.Scenario{
		{
			Name: "linger0", Title: "close with SO_LINGER {1, 0}: RST, no TIME_WAIT, unsent data gone, the address pair free at once",
			Steps: linger0, Phenomenon: resets,
			Claims: []*claim.Claim{&lr1, &lr2, &lr3, &lr4, &lr6, &lr13, &lr16, &lr23, &lr25},
		},
		{
			Name: "sigpipe", Title: "the peer closes; the first write draws a RST, the second kills: by every call, with every disposition",
			Steps: sigpipe, Phenomenon: killsByDefault, Compare: compareSends,
			Claims: []*claim.Claim{&lr7, &lr8, &lr11, &lr12, &lr22},
		},
		{
			Name: "read-after-reset", Title: "what the next calls return after a RST in CLOSE_WAIT, and after one in ESTABLISHED",
			Steps: readAfterReset, Phenomenon: readsDiffer,
			Claims: []*claim.Claim{&lr6, &lr7, &lr9, &lr13, &lr14, &lr19, &lr24},
		},
		{
			Name: "shut-wr-contrast", Title: "the peer only shuts down its write side: writes go on succeeding",
			Steps: shutWrContrast, Phenomenon: contrast,
			Claims: []*claim.Claim{&lr7, &lr10, &lr26},
		},
		{
			Name: "lost-fin", Title: "the peer's FINs are lost until its kernel gives the socket up: then sends draw a RST",
			Steps: lostFIN, Networks: onWire, NoHost: "FINs have to be lost", Phenomenon: claim.By(&lr27),
			Claims: []*claim.Claim{&lr27},
		},
		{
			Name: "linger-n", Title: "SO_LINGER {1, n}: how long close waits, for a peer that reads, reads late, never reads; and shutdown",
			Steps: lingerN, Phenomenon: claim.By(&lr15), Compare: compareWaits,
			Claims: []*claim.Claim{&lr15, &lr17},
		},
		{
			Name: "exit", Title: "a process that ends, or is killed, with SO_LINGER {1, 0}, {1, n} and without; and a linger inherited",
			Steps: exit, Phenomenon: endsReset,
			Claims: []*claim.Claim{&lr20, &lr21},
		},
		{
			Name: "inexact", Title: "RSTs that the wire makes up: exact, inside the window, outside",
			Steps: inexact, Networks: onWire, NoHost: "a RST is made up, which only the wire can", Phenomenon: onlyExact, Compare: compareForgeries,
			Claims: []*claim.Claim{&lr16, &lr18},
		},
		{
			Name: "linger-off", Title: "SO_LINGER {0, 0} is the default, and no abort",
			Steps: lingerOff, Phenomenon: offIsDefault,
			Claims: []*claim.Claim{&lr1, &lr5},
		},
		{
			Name: "causes", Title: "all that draws a RST, each made to happen",
			Steps: causes, Phenomenon: allDraw, Compare: compareCauses,
		},
		{
			Name: "go-runtime", Title: "what Go's runtime makes of SIGPIPE: on descriptors 1 and 2, and on others",
			Steps: goRuntime, Phenomenon: goDies, Compare: compareSends,
		},
	},
	Examples: []cli.Example{
		{Line: "lingerreset", Does: "what SO_LINGER {1, 0} does to a connection and its peer"},
		{Line: "lingerreset sigpipe", Does: "the write that kills, by every call and disposition"},
	},
}
