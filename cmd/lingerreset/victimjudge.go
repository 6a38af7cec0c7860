package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// victimScenario is the steps of the command victim, for its evidence to be judged.
var victimScenario = scenario.Scenario{
	Name: "victim", Title: "a user's own program, whose peer misbehaves",
	Networks: []journal.Network{journal.HostNet}, Hosts: ab,
	Phenomenon: claim.Phenomenon{
		Needs: needsCalls, Quantity: claim.Can, Precondition: "the victim ended before its peer did anything",
		Rule: claim.Each(endingCalls, func(c *claim.Case, e *journal.Event) {
			c.Cite(e)
			c.Holds("the peer ended the connection, by %s, and the victim went on", tcp.NameOf(e))
		}),
	},
}

// endingCalls are the calls by which a peer has ended a connection.
func endingCalls(v *tcp.View) []*journal.Event {
	return slices.DeleteFunc(v.Calls("close", "shutdown"), func(e *journal.Event) bool {
		return e.Host != "b" || e.Call.Errno != ""
	})
}
