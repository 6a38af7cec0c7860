package repro

import (
	"sockproof/lib/evidence"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// wanted is the evidence that is to be written.
type wanted struct {
	path     string
	force    bool
	label    string
	keepsAll bool // --no-redact
	argv     []string
}

// wantedEvidence reads --evidence and the flags that go with it; nil: none is wanted.
func wantedEvidence(c *Context) (*wanted, error) {
	w := &wanted{
		path: c.CLI.String("evidence"), force: c.CLI.Bool("force"), label: c.CLI.String("label"), keepsAll: c.CLI.Bool("no-redact"), argv: c.Argv,
	}
	if c.CLI.IsSet("evidence") {
		if w.path == "" {
			return nil, usagef("flag \"--evidence\": value \"\": want a folder, or a file that ends in .zip")
		}
		return w, nil
	}
	for _, f := range []string{"force", "label", "no-redact"} {
		if c.CLI.IsSet(f) {
			return nil, usagef("flag %q is for --evidence only", dashed(f))
		}
	}
	return nil, nil
}

// writeEvidence writes what was wanted, of the runs that were kept.
func (s *session) writeEvidence() error {
	w := s.evidence
	if w == nil {
		return nil
	}
	how := evidence.How{Command: w.argv, Label: w.label, Repeat: s.times, Judge: func(j journal.Journal) report.Run {
		scenario, _ := s.program.scenario(j.Scenario) // it was run
		return scenario.Report(j)
	}}
	if !w.keepsAll {
		how.Names = namesHere()
	}
	return evidence.New(s.report, how).Write(w.path, w.force)
}
