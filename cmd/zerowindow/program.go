package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// Why some run nowhere else.
const (
	needsLosing  = "a segment has to be lost"
	needsPath    = "segments have to be as long as an Ethernet carries"
	needsSetting = "a kernel setting has to be changed"
)

// program is the phenomenon and the ways to bring it about or prevent it.
var program = cli.Program{
	Name:    "zerowindow",
	Summary: "a reader does not read, and its sender has to stop",
	Scenarios: scenario.WireOnly(needsLosing, []scenario.Scenario{
		{
			Name: "stop", Title: "nobody reads: the window closes, the sender probes, and a read opens it",
			Steps: stop, Networks: journal.Networks(), Full: 30 * time.Second, Phenomenon: claim.By(&zw1), Claims: []*claim.Claim{&fc3, &zw1},
		},
		{
			Name: "update-lost", Title: "the segment that opens the window is lost: the next probe mends it",
			Steps: updateLost, Phenomenon: claim.By(&zw2), Claims: []*claim.Claim{&zw2},
		},
		{
			Name: "user-timeout", Title: "every probe is answered, and TCP_USER_TIMEOUT ends the connection",
			Steps: userTimeout, Networks: []journal.Network{journal.Wire, journal.Loopback}, NoHost: needsSetting,
			Phenomenon: claim.By(&zw3), Claims: []*claim.Claim{&zw3},
		},
		{
			Name: "buffer", Title: "a window is not a buffer: what is told at the start, how it grows, and how it is taken back",
			Steps: buffer, NoHost: needsSetting, Phenomenon: notTheBuffer, Compare: compareBuffers, Claims: []*claim.Claim{&fc1, &fc2, &fc4, &zw5},
		},
		{
			Name: "write", Title: "what write() promises: a copy in the buffer; and what a full one does to it",
			Steps: write, Networks: journal.Networks(), Phenomenon: untilFull, Compare: compareWrites, Claims: []*claim.Claim{&fc5},
		},
		{
			Name: "silly", Title: "small reads do not open a closed window",
			Steps: sips, NoHost: needsPath, Phenomenon: claim.By(&zw4), Claims: []*claim.Claim{&zw4},
		},
	}),
	Examples: []cli.Example{
		{Line: "zerowindow", Does: "a reader that does not read: the window closes, and a read opens it"},
		{Line: "zerowindow write", Does: "what success means, and EAGAIN, poll, a write that waits"},
		{Line: "deadpeer user-timeout", Does: "TCP_USER_TIMEOUT where nobody answers"},
		{Line: "zerowindow stop --full", Does: "six probes, further and further apart"},
	},
}
