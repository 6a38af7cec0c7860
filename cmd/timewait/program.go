package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/scenario"
)

// needsSettings is why the scenarios run nowhere else.
const needsSettings = "it takes kernel settings, and two hosts"

// program is the phenomenon and the ways to bring it about.
var program = cli.Program{
	Name:    "timewait",
	Summary: "ports used up by TIME_WAIT: which can be had again, by whom, and when",
	Scenarios: scenario.WireOnly(needsSettings, []scenario.Scenario{
		{
			Name: "ports", Title: "each of a client's few ports is in TIME_WAIT towards one server: who is connected then, and when",
			Steps: ports, Phenomenon: claim.By(&tw3), Compare: compareTries, Claims: []*claim.Claim{&tw1, &tw3, &tw5, &tw6, &tw15, &pe3},
		},
		{
			Name: "bind-first", Title: "clients bind their address before they connect: how many connections a port is good for",
			Steps: bindFirst, Phenomenon: claim.By(&pe1), Claims: []*claim.Claim{&pe1, &pe2},
		},
		{
			Name: "server", Title: "a server that closes first: TIME_WAITs cost it no port; and no more than tcp_max_tw_buckets are kept",
			Steps: server, Phenomenon: isServed, Claims: []*claim.Claim{&tw2, &tw17},
		},
		{
			Name: "both", Title: "one connection is closed first by its client, one by its server: who is in TIME_WAIT",
			Steps: both, Phenomenon: claim.By(&tw16), Claims: []*claim.Claim{&tw13, &tw16},
		},
		{
			Name: "fin-timeout", Title: "what tcp_fin_timeout does to TIME_WAIT: not how long it lasts, but whether there is one",
			Steps: finTimeouts, Phenomenon: fewerNotShorter, Compare: compareFinTimeouts, Claims: []*claim.Claim{&tw9},
		},
		{
			Name: "again", Title: "a FIN that comes again, to a TIME_WAIT, and where there is none",
			Steps: again, Phenomenon: isWorthIt, Claims: []*claim.Claim{&tw8, &tw11, &tw12},
		},
		{
			Name: "rebind", Title: "a server is killed, and started again: what its port is bound to then",
			Steps: rebind, Phenomenon: keepsThePort, Compare: compareRestarts, Claims: []*claim.Claim{&tw14},
		},
		{
			Name: "recycle", Title: "settings that are no more, and their defaults",
			Steps: recycle, Phenomenon: isNoMore, Claims: []*claim.Claim{&tw4, &tw7},
		},
	}),
	Examples: []cli.Example{
		{Line: "timewait", Does: "few ports, one server: EADDRNOTAVAIL, and what helps"},
		{Line: "timewait bind-first", Does: "why a client should not bind before it connects"},
		{Line: "sockscan --kind ports", Does: "how many ports this machine has left, and towards whom"},
	},
}
