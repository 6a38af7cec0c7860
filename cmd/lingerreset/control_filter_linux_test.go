package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// filtered are shorter steps of scenarios whose own would wait, again and again,
// for acknowledgements that never come.
var filtered = map[string]func(*scenario.T){
	"linger0": onEach(
		connected(func(client, server *scenario.End) { resetBy(server, client) }),
		connected(func(client, server *scenario.End) {
			client.Close()
			server.Recv()
		}),
	),
	"sigpipe": onEach(func(t *scenario.T, l *scenario.Listener) {
		writesTwice(t, l, journal.DefaultSIGPIPE, (*scenario.Child).Write)
	}),
	"go-runtime": func(t *scenario.T) { goWrites(t, 0) },
	"exit":       nil,
	"linger-off": nil,
}

// TestRSTsAreFiltered: a filter of the kernel's own drops every RST, on loopback, after
// the capture has seen it: what the sockets did then is no proof of anything.
// Not beside other controls: a program that is being started, as nft is, has for a
// moment a copy of their descriptors, and a close is none then.
func TestRSTsAreFiltered(t *testing.T) {
	var controls []journaltest.Control
	for _, c := range eaten("filtered", journaltest.Filter(t, "input", "tcp flags & rst == rst drop")) {
		steps, has := filtered[c.Scenario]
		if !has {
			continue
		}
		c.Steps = steps
		c.Want, c.Verdicts = claim.OutcomeUnresolved, nil
		controls = append(controls, c)
	}
	suite.Controls(t, journaltest.Stages(journal.Loopback), controls...)
}
