package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// run is what is looked at of a report: its only run.
type run struct {
	Scenario, Network, Family, Outcome, Why string
	Sockets                                 []struct{ ID string }
	Findings                                []finding
}

type finding struct{ Claim, Verdict, Because string }

func decode(b []byte) (run, error) {
	if len(b) == 0 {
		return run{}, errors.New("no report")
	}
	var r struct{ Runs []run }
	if err := json.Unmarshal(b, &r); err != nil {
		return run{}, fmt.Errorf("read the report: %w", err)
	}
	if len(r.Runs) != 1 {
		return run{}, fmt.Errorf("the report has %d runs", len(r.Runs))
	}
	return r.Runs[0], nil
}

// began says whether anything was done on a socket before the run ended.
func (r run) began() bool { return r.Outcome != undecided || len(r.Sockets) > 0 }

// undecided is what a verdict or an outcome may become anywhere.
const undecided = "inconclusive"

// outcome is the name under which a run's outcome is compared.
const outcome = "outcome"

// verdicts are a run's, its outcome among them, with their reasons.
func (r run) verdicts() []finding {
	return append([]finding{{outcome, r.Outcome, r.Why}}, r.Findings...)
}

func (r run) verdict(what string) string {
	for _, f := range r.verdicts() {
		if f.Claim == what {
			return f.Verdict
		}
	}
	return undecided
}
