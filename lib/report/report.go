// Package report renders what a run showed, from its journal and findings
// alone: as text with a ladder diagram, as JSON, JSON Lines, Markdown and TAP.
// One value, Report, becomes all of them.
package report

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Schema names the JSON document and its version.
const Schema = "sockproof/report/v1"

// Report is everything one invocation has to say.
type Report struct {
	Schema  string    `json:"schema"`
	Tool    Tool      `json:"tool"`
	Started time.Time `json:"started"`
	Machine Machine   `json:"machine"`
	Tally   Tally     `json:"tally"`
	// Claims are the findings of scenarios that were run more than once, over
	// all their runs, of which Runs has only the first of each outcome.
	Claims []claim.Total `json:"claims,omitempty"`
	// Verdicts are the claims' over all scenarios, where there are several.
	Verdicts []claim.Merged `json:"verdicts,omitempty"`
	Runs     []Run          `json:"runs"`
	// NotRun are the scenarios that all did not ask for: the network that was named cannot have them.
	NotRun []NotRun `json:"not_run,omitempty"`
}

// NotRun is a scenario that was not run.
type NotRun struct {
	Scenario string `json:"scenario"`
	Why      string `json:"why"`
}

// Merged are the claims' verdicts over all scenarios: of their totals, where a scenario was run
// several times, else of the one run.
func (r *Report) Merged() []claim.Merged {
	totals := slices.Clone(r.Claims)
	several := len(totals) // those that are in r.Claims have all their runs in them
	for i := range r.Runs {
		run := &r.Runs[i]
		is := func(id string) func(t claim.Total) bool {
			return func(t claim.Total) bool { return t.Scenario == run.Scenario && t.Claim == id }
		}
		for _, f := range run.Findings {
			if slices.ContainsFunc(totals[:several], is(f.Claim)) {
				continue
			}
			k := slices.IndexFunc(totals, is(f.Claim))
			if k < 0 {
				k = len(totals)
				totals = append(totals, claim.Total{Scenario: run.Scenario})
			}
			totals[k].Add(run.Run, f)
		}
	}
	return claim.Merge(totals)
}

// scenarios counts the scenarios that were run.
func (r *Report) scenarios() int {
	names := map[string]bool{}
	for i := range r.Runs {
		names[r.Runs[i].Scenario] = true
	}
	return len(names)
}

// Tool is the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go,omitempty"`
}

// Machine is where it ran, as far as the outcome may depend on it.
type Machine struct {
	Kernel    string            `json:"kernel"`
	Arch      string            `json:"arch"`
	Privilege string            `json:"privilege"` // "root", "uid 1000 in a user namespace", "uid 1000"
	Settings  map[string]string `json:"settings"`
}

// Tally counts the runs by outcome.
type Tally struct {
	Reproduced    int `json:"reproduced"`
	NotReproduced int `json:"not_reproduced"`
	Inconclusive  int `json:"inconclusive"`
}

// Add counts one outcome.
func (t *Tally) Add(o claim.Outcome) {
	switch o {
	case claim.Reproduced:
		t.Reproduced++
	case claim.NotReproduced:
		t.NotReproduced++
	default:
		t.Inconclusive++
	}
}

// Run is one run, judged.
type Run struct {
	journal.Journal // its head's fields stand beside those below

	Title         string               `json:"title,omitempty"` // one line: what the scenario shows
	Outcome       claim.Outcome        `json:"outcome"`
	Why           string               `json:"why"`
	Histories     []claim.History      `json:"histories"`
	Disagreements []claim.Disagreement `json:"disagreements"`
	Discrepancies []tcp.Discrepancy    `json:"discrepancies,omitzero"` // absent in reports from before the confrontation
	Findings      []claim.Finding      `json:"findings"`
	// Comparison is the scenario's table, if it has one.
	Comparison *claim.Comparison `json:"comparison,omitempty"`
	Events     []journal.Event   `json:"events"`
}

// Unavailable is what a title says, between the name of the default scenario and the
// reason, where another was run in its place.
const Unavailable = " cannot be had here: "

// NewRun makes the report of a run from its journal and what was judged of it.
func NewRun(j journal.Journal, title string, o claim.Outcome, why string, findings []claim.Finding) Run {
	r := Run{Journal: j, Title: title, Outcome: o, Why: why, Findings: findings, Events: j.Events}
	r.Histories, r.Disagreements = claim.Histories(&j)
	return r
}
