package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/scenario"
)

// needsCutting is why the scenarios run nowhere else.
const needsCutting = "the path has to go dead, which only the wire can"

// program is the phenomenon and the ways to bring it about or prevent it.
var program = cli.Program{
	Name:    "deadpeer",
	Summary: "the cable is pulled: who notices, when, and how",
	Scenarios: scenario.WireOnly(needsCutting, []scenario.Scenario{
		{
			Name: "idle", Title: "the path goes dead, and there is nothing to send; then one end asks for keepalive",
			Steps: idle, Phenomenon: oneKnows, Claims: []*claim.Claim{&ka1, &ka3},
		},
		{
			Name: "writing", Title: "the path goes dead, and one end writes: it is sent again and again, until the kernel gives up",
			Steps: writing, Phenomenon: gaveUp, Claims: []*claim.Claim{&ka2},
		},
		{
			Name: "user-timeout", Title: "TCP_USER_TIMEOUT: with data, and with keepalive, whose count it takes the place of",
			Steps: userTimeout, Phenomenon: claim.By(&ut2), Claims: []*claim.Claim{&ut1, &ut2},
		},
		{
			Name: "fin-lost", Title: "the peer closes on a dead path: its FIN never comes, and a RST only when the path is back",
			Steps: finLost, Phenomenon: laterReset, Claims: []*claim.Claim{&ka4, &ka5},
		},
		{
			Name: "reboot", Title: "the peer's kernel has forgotten the connection: a silent reader learns nothing",
			Steps: reboot, Phenomenon: onNextSegment, Claims: []*claim.Claim{&ka6},
		},
		{
			Name: "nat", Title: "a stateful filter forgets an idle connection; keepalive keeps another",
			Steps: nat, Phenomenon: silently, Claims: []*claim.Claim{&ka7},
		},
		{
			Name: "heals", Title: "the path comes back before the timers end: nothing is lost",
			Steps: heals, Phenomenon: claim.By(&ka8), Claims: []*claim.Claim{&ka8},
		},
		{
			Name: "unreachable", Title: "a router reports by ICMP that what was sent is lost: the connection stays",
			Steps: unreachable, Phenomenon: staysUp, Compare: compareReports, Claims: []*claim.Claim{&ka9},
		},
	}),
	Examples: []cli.Example{
		{Line: "deadpeer", Does: "two ends that think they are connected; keepalive tells one of them"},
		{Line: "deadpeer fin-lost", Does: "what recv and send say when the peer has closed and nobody was told"},
		{Line: "zerowindow user-timeout", Does: "TCP_USER_TIMEOUT where the peer answers, and does not read"},
		{Line: "badpeer cut -- CMD", Does: "your own program on a path that goes dead"},
	},
}
