package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// refuted are the claims that the kernel refutes.
var refuted = []string{"HS6", "HS8", "HS11", "HS16", "HS22", "HS31", "HS36", "HS37", "SN1", "SN8", "SN9", "HD3", "HD5", "HD6", "HD8", "HD10", "HD11", "HD12", "HD13", "HD14", "UD4", "UD6"}

// TestUndisturbed is the control of the controls: every scenario is reproduced wherever it can
// run, with the verdicts that are known. What passes inside one call off the wire is not seen.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	asExpected := func(r *journaltest.Judged, f *claim.Finding) []claim.Verdict {
		want := claim.Confirmed
		switch {
		case f.Claim == "HS32": // it needs --full
			want = claim.Inconclusive
		case slices.Contains(refuted, f.Claim):
			want = claim.Refuted
		}
		if r.Network != journal.Wire {
			return []claim.Verdict{want, claim.Inconclusive}
		}
		return []claim.Verdict{want}
	}
	for _, n := range journal.Networks() {
		var controls []journaltest.Control
		for _, s := range program.Scenarios {
			if slices.Contains(s.RunsOn(), n) {
				controls = append(controls, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Expect: asExpected})
			}
		}
		suite.Controls(t, journaltest.Stages(n), controls...)
	}
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// plain is a connection to which nothing happens.
func plain(t *scenario.T) {
	client, server := t.Connection()
	client.Send("hello")
	server.Recv()
}

// TestNothingSpecial: a connection that is opened as usual shows nothing of what is lost, held,
// made up, asked for or tried again.
func TestNothingSpecial(t *testing.T) {
	t.Parallel()
	var controls []journaltest.Control
	for _, name := range []string{"who-first", "third-lost", "syn-lost", "old-syn", "replay", "two-way", "accept", "tuple", "order", "checksum", "isn", "wrap", "udp"} {
		controls = append(controls, journaltest.Control{Scenario: name, Want: claim.OutcomeUnresolved, Steps: plain})
	}
	controls = append(controls, journaltest.Control{
		Scenario: "with-data", Want: claim.NotReproduced, Steps: plain,
		Verdicts: map[string]claim.Verdict{"HS37": claim.Inconclusive},
	}, journaltest.Control{
		Scenario: "fields", Want: claim.OutcomeUnresolved, Steps: plain,
		Verdicts: map[string]claim.Verdict{
			"HD1": claim.Inconclusive, "HD2": claim.Inconclusive, "HD3": claim.Inconclusive, "HD4": claim.Inconclusive, "HD5": claim.Inconclusive,
			"HD6": claim.Inconclusive, "HD10": claim.Inconclusive, "HD11": claim.Inconclusive, "HD12": claim.Refuted, "HD15": claim.Inconclusive,
		},
	})
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}

// TestNoCounterExample: where the known counter-example does not arise, nothing is confirmed.
func TestNoCounterExample(t *testing.T) {
	t.Parallel()
	oneByteEach := func(t *scenario.T) {
		client, server := t.Connection()
		client.Send("1")
		server.Recv()
		client.Send("2")
		server.Recv()
	}
	nothingUrgent := func(t *scenario.T) {
		client, server := t.Connection(scenario.Opt(journal.TCPNoDelay, 1))
		loses(t, client, server, func() { client.Write("kept") })
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "one byte each", Scenario: "numbers", Want: claim.OutcomeUnresolved, Steps: oneByteEach, Verdicts: map[string]claim.Verdict{"HS8": claim.Inconclusive, "SN6": claim.Confirmed}},
		journaltest.Control{Name: "nothing urgent", Scenario: "order", Want: claim.Reproduced, Steps: nothingUrgent, Verdicts: map[string]claim.Verdict{"SN8": claim.Inconclusive, "SN9": claim.Inconclusive}},
	)
}

// TestServerWaits: a server that waits for the third segment is not connected by an old SYN.
func TestServerWaits(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{
			Scenario: "replay", Want: claim.NotReproduced, Steps: func(t *scenario.T) { replayAt(t, clientTFO) },
			Verdicts: map[string]claim.Verdict{"HS24": claim.Refuted},
		},
	)
}

// TestNobodyAnswers: where no SYN-ACK comes, no connection was opened.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	steps := func(t *scenario.T) {
		l := t.Listen(scenario.ServerPort)
		t.Drop(func(p *wire.Packet) bool { return p.From == "b" })
		l.Start()
		t.Deliver()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "three", Want: claim.OutcomeUnresolved, Steps: steps, Verdicts: map[string]claim.Verdict{"HS1": claim.Inconclusive, "HS9": claim.Inconclusive}},
		journaltest.Control{Scenario: "numbers", Want: claim.OutcomeUnresolved, Steps: steps, Verdicts: map[string]claim.Verdict{"HS8": claim.Inconclusive, "SN6": claim.Inconclusive}},
	)
}
