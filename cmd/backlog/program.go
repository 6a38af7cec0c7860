package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

var ab = []string{"a", "b"}

// program is the phenomenon and the ways to bring it about.
var program = cli.Program{
	Name:    "backlog",
	Summary: "a listener's SYN queue and accept queue: who gets in when they are full",
	Scenarios: []scenario.Scenario{
		{
			Name: "accept-queue", Title: "nobody accepts: the accept queue is full, and a new SYN is dropped",
			Steps:    acceptQueue,
			Networks: journal.Networks(), Hosts: ab, Phenomenon: isUnanswered,
			Claims: []*claim.Claim{&bl13, &bl15, &bl39},
		},
	},
	Examples: []cli.Example{
		{Line: "backlog", Does: "a full accept queue, and the client that calls then"},
	},
}
