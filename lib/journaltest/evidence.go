package journaltest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sockproof/lib/cli"
	"sockproof/lib/evidence"
	"sockproof/lib/journal"
	"sockproof/lib/privacy"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
	"sockproof/lib/schematest"
)

// largestBundle is how large the evidence of one run may be: 200 KB.
const largestBundle = 200_000

// holdsAsEvidence writes every recording as evidence, and verifies that: nothing is
// altered, no verdict differs, and every file is what is made of the journal.
func (s *Suite) holdsAsEvidence(t *testing.T) {
	for _, name := range s.Recordings {
		t.Run(name, func(t *testing.T) {
			r := s.reportOf(t, name)
			r.Tool.Commit = "0123abc" // of one build, so that every byte is compared
			path := filepath.Join(t.TempDir(), "evidence.zip")
			how := evidence.How{Command: []string{s.Program.Name, name}, Repeat: 1, Names: &privacy.Names{}}
			if err := evidence.New(*r, how).Write(path, false); err != nil {
				t.Fatal(err)
			}
			v := s.verify(t, path, r.Tool)
			schematest.Fits(t, "verify", evidence.NewVerified(r.Tool, []evidence.Row{{Path: path, Result: v}}))
			if len(v.Report.Runs) != 1 || len(v.Report.Runs[0].Events) != len(r.Runs[0].Events) {
				t.Errorf("not all events of the journal: %+v", v.Checked)
			}
			if info, err := os.Stat(path); err != nil || info.Size() > largestBundle {
				t.Errorf("%d bytes, %v", info.Size(), err)
			}
		})
	}
}

// olderHold verifies the bundles of testdata/evidence, which released versions of
// the program wrote.
func (s *Suite) olderHold(t *testing.T) {
	paths, err := filepath.Glob("testdata/evidence/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no bundles, %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { s.verify(t, path, report.Tool{Name: s.Program.Name}) })
	}
}

// verify verifies a bundle that must hold.
func (s *Suite) verify(t *testing.T, path string, tool report.Tool) *evidence.Result {
	t.Helper()
	v, err := evidence.Verify(path, s.verifier(tool))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Problems {
		t.Error(p)
	}
	return v
}

// verifier is the program as verify knows it.
func (s *Suite) verifier(tool report.Tool) evidence.Judge {
	return evidence.Judge{Tool: tool, Standard: s.Program.Scenarios[0].Name, Report: func(j journal.Journal) (report.Run, bool) {
		i := slices.IndexFunc(s.Program.Scenarios, func(s scenario.Scenario) bool { return s.Name == j.Scenario })
		if i < 0 {
			return report.Run{}, false
		}
		return cli.Report(&s.Program.Scenarios[i], j), true
	}}
}
