package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// refuted are the claims that the kernel refutes.
var refuted = []string{"NG1", "DA1", "DA4", "DA8", "DA9", "DA10"}

// byTimer are the scenarios about a timer of 40 ms, which this process may lose to others, and
// tries is how often one is run at most.
var byTimer = []string{"stall", "delayed", "quickack", "every"}

const tries = 8

// wanted is the verdict that is known of a claim.
func wanted(id string) claim.Verdict {
	if slices.Contains(refuted, id) {
		return claim.Refuted
	}
	return claim.Confirmed
}

// TestUndisturbed is the control of the controls: a scenario that no timer decides is reproduced,
// with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	var controls []journaltest.Control
	for _, s := range program.Scenarios {
		if slices.Contains(byTimer, s.Name) {
			continue
		}
		verdicts := map[string]claim.Verdict{}
		for _, c := range s.Claims {
			verdicts[c.ID] = wanted(c.ID)
		}
		controls = append(controls, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Verdicts: verdicts})
	}
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}

// TestByTimer runs the others one by one, wherever packets are seen. However slow the machine, none
// says the opposite of what is known, or that it was not reproduced; and in some tries all is decided.
func TestByTimer(t *testing.T) {
	for _, name := range byTimer {
		of := suite.Scenario(t, name)
		for _, at := range journaltest.Captured(journaltest.Stages(of.RunsOn()...)) {
			t.Run(name+"/"+at.String(), func(t *testing.T) {
				at.Need(t)
				for range tries {
					if decided(t, of, at) {
						return
					}
				}
				t.Errorf("not decided in %d tries", tries)
			})
		}
	}
}

// decided runs a scenario once, and says whether it was reproduced with all of its verdicts.
func decided(t *testing.T, of *scenario.Scenario, at journaltest.Stage) bool {
	r := suite.Conduct(of, at.Conditions())
	r.Check(t)
	if r.Outcome == claim.NotReproduced {
		t.Errorf("%s: %s", r.Outcome, r.Why)
	}
	all := r.Outcome == claim.Reproduced
	for _, f := range r.Findings {
		all = all && f.Verdict == wanted(f.Claim)
		if f.Verdict != wanted(f.Claim) && f.Verdict != claim.Inconclusive {
			t.Errorf("%s %s: %s", f.Claim, f.Verdict, f.Because)
		}
	}
	return all
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// TestAtOnce: where every segment is acknowledged at once, nothing waits, and no scenario about
// waiting is reproduced, however slow the machine; in some tries that is decided.
func TestAtOnce(t *testing.T) {
	for _, name := range byTimer {
		of := *suite.Scenario(t, name)
		of.DelayedACK = false
		for _, at := range journaltest.Stages(journal.Wire) {
			t.Run(name+"/"+at.String(), func(t *testing.T) {
				at.Need(t)
				for range tries {
					r := suite.Conduct(&of, at.Conditions())
					r.Check(t)
					if r.Outcome == claim.Reproduced {
						t.Fatalf("%s: %s", r.Outcome, r.Why)
					}
					if r.Outcome == claim.NotReproduced {
						return
					}
				}
				t.Errorf("not decided in %d tries", tries)
			})
		}
	}
}

// TestNothingLost: where nothing is lost or made up, nothing is made good, and nothing ignored.
func TestNothingLost(t *testing.T) {
	t.Parallel()
	talk := func(t *scenario.T) {
		client, server := t.Connection()
		pingPong(t, client, server)
		client.Look()
		client.Close()
		server.Close()
	}
	var controls []journaltest.Control
	for _, name := range []string{"cumulative", "flags", "again"} {
		controls = append(controls, journaltest.Control{Name: "nothing lost", Scenario: name, Want: claim.OutcomeUnresolved, Steps: talk})
	}
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}

// TestShortDelay: where the kernel delays by 5 ms, what waited is not taken for prompt.
func TestShortDelay(t *testing.T) {
	for _, name := range byTimer {
		of := *suite.Scenario(t, name)
		steps := of.Steps
		of.Steps = func(t *scenario.T) {
			for _, host := range []string{"a", "b"} {
				if t.TrySysctl(host, "net.ipv4.tcp_rto_min_us", "5000") != nil { // since Linux 6.11
					t.Stop("the kernel has no tcp_rto_min_us")
				}
			}
			steps(t)
		}
		for _, at := range journaltest.Stages(journal.Wire) {
			t.Run(name+"/"+at.String(), func(t *testing.T) {
				at.Need(t)
				r := suite.Conduct(&of, at.Conditions())
				r.Check(t)
				for _, f := range r.Findings {
					if f.Claim == "DA4" && f.Verdict == claim.Confirmed || f.Claim == "NG4" && f.Verdict == claim.Refuted {
						t.Errorf("%s %s: %s", f.Claim, f.Verdict, f.Because)
					}
				}
			})
		}
	}
}
