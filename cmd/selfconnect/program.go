package main

import (
	"github.com/urfave/cli/v2"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
)

// program is the phenomenon and the ways to bring it about or prevent it.
var program = repro.Program{
	Name:    "selfconnect",
	Summary: "a TCP socket connected to itself",
	Scenarios: []repro.Scenario{
		{
			Name: "direct", Title: "one socket binds a port and connects to that same port",
			Networks: journal.Networks(), Hosts: []string{"a"},
			Phenomenon: claim.Phenomenon{Check: func(j *journal.Journal) claim.Finding { return claim.Unclear("x") }},
		},
	},
	Plays: plays,
	Flags: []cli.Flag{},
}
