package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// playedVictim is what the command victim plays, for its evidence to be judged.
var playedVictim = scenario.Scenario{
	Name: "victim", Title: "a user's own program, whose peer misbehaves",
	Networks: []journal.Network{journal.HostNet}, Hosts: ab,
	Phenomenon: claim.Phenomenon{Needs: []journal.Witness{journal.Calls}, Check: misbehaves},
}

// misbehaves looks for the calls by which a peer has ended a connection, before
// the tearing down.
func misbehaves(j *journal.Journal) claim.Finding {
	var did []int
	for i := range j.Events {
		e := &j.Events[i]
		if e.Call != nil && e.Host == "b" && e.Call.Errno == "" && slices.Contains([]string{"close", "shutdown"}, e.Call.Op) &&
			(j.Played == 0 || e.N <= j.Played) {
			did = append(did, e.N)
		}
	}
	if len(did) == 0 {
		return claim.Unclear("the victim ended before its peer did anything")
	}
	return claim.Confirm(did, "the peer ended the connection, in its way, and the victim went on")
}
