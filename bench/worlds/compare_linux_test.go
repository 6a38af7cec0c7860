package main

import "testing"

var someCell = cell{binary: "selfconnect", scenario: "direct", net: "host", family: "ipv4"}

// gives is a run with one claim.
func gives(outcome, verdict string) run {
	return run{Outcome: outcome, Findings: []finding{{Claim: "SC1", Verdict: verdict}}}
}

func TestCompare(t *testing.T) {
	elsewhere := someCell
	elsewhere.net = "wire"
	for _, test := range []struct {
		name     string
		was, is  string
		learn    map[cell]string
		compared comparison
	}{
		{"the same", "confirmed", "confirmed", nil, same},
		{"nothing on either side", undecided, undecided, nil, same},
		{"fewer", "confirmed", undecided, nil, lost},
		{"the opposite", "confirmed", "refuted", nil, untrue},
		{"the opposite of refuted", "refuted", "confirmed", nil, untrue},
		{"more, known nowhere", undecided, "refuted", nil, fresh},
		{"more, as on another network", undecided, "refuted", map[cell]string{elsewhere: "refuted"}, fresh},
		{"more, against another network", undecided, "refuted", map[cell]string{elsewhere: "confirmed"}, untrue},
		{"unsteady by itself", "confirmed", "refuted", map[cell]string{someCell: "refuted"}, unsteady},
		{"the opposite, which is right elsewhere", "confirmed", "refuted", map[cell]string{elsewhere: "refuted"}, untrue},
	} {
		k := knowledge{}
		for c, verdict := range test.learn {
			k.learn(c, gives(undecided, verdict))
		}
		for _, ch := range compare(world{}, someCell, gives("reproduced", test.was), gives("reproduced", test.is), k) {
			want := test.compared
			if ch.what == outcome {
				want = same
			}
			if ch.comparison != want {
				t.Errorf("%s: %s: %s to %s is %d, want %d", test.name, ch.what, ch.was, ch.is, ch.comparison, want)
			}
		}
	}
}

func TestOutcomesOfAScenarioAreItsOwn(t *testing.T) {
	other := someCell
	other.scenario = "hunt"
	k := knowledge{}
	k.learn(other, gives("not_reproduced", undecided))
	all := compare(world{}, someCell, gives(undecided, undecided), gives("reproduced", undecided), k)
	if all[0].what != outcome || all[0].comparison != fresh {
		t.Errorf("got %+v", all[0])
	}
}

func TestAMissingFindingIsLost(t *testing.T) {
	k := knowledge{}
	is := run{Outcome: "reproduced"}
	all := compare(world{}, someCell, gives("reproduced", "confirmed"), is, k)
	if len(all) != 2 || all[1].comparison != lost {
		t.Errorf("got %+v", all)
	}
	if len(is.Findings) != 0 {
		t.Error("compare() changed the run")
	}
}

// A changed verdict is true only for a reason that somebody can look up.
func TestExpectationsAreExplained(t *testing.T) {
	known := map[string]bool{}
	for _, w := range settingWorlds() {
		known[w.name] = true
	}
	for _, e := range expectations {
		if !known[e.world] {
			t.Errorf("%+v: only a setting changes what is true", e)
		}
		if e.reason == "" || e.source == "" || e.verdict == undecided {
			t.Errorf("%+v: want a verdict, a reason and its source", e)
		}
	}
}
