package cli

import (
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"sockproof/lib/evidence"
	"sockproof/lib/journal"
	"sockproof/lib/privacy"
	"sockproof/lib/report"
)

// The flags of evidence.
const (
	evidenceFlag = "evidence"
	forceFlag    = "force"
	labelFlag    = "label"
	noRedactFlag = "no-redact"
	payloadFlag  = "payload"
)

// EvidenceFlags are the shared flags that a command accepts that writes evidence.
var EvidenceFlags = []string{evidenceFlag, forceFlag, labelFlag, noRedactFlag}

// PayloadFlag is for a command on whose connections users' own programs send.
func PayloadFlag() cli.Flag {
	return &cli.BoolFlag{Name: payloadFlag, Usage: "with --evidence: keep what was sent, instead of its length and hash"}
}

// wanted is the evidence that is to be written.
type wanted struct {
	path string
	how  evidence.How
	// force replaces what is there.
	force bool
}

// wantedEvidence reads --evidence and the flags that go with it; nil: none is wanted.
func wantedEvidence(c *Context, repeat int) (*wanted, error) {
	if !c.IsSet(evidenceFlag) {
		for _, f := range []string{forceFlag, labelFlag, noRedactFlag, payloadFlag} {
			if c.IsSet(f) && (f != forceFlag || !c.IsSet(pcapFlag) && !c.IsSet(saveFlag)) {
				return nil, Usagef("flag %q is for --evidence only", dashed(f))
			}
		}
		return nil, nil
	}
	w := &wanted{path: c.String(evidenceFlag), force: c.Bool(forceFlag), how: evidence.How{
		Command: c.Argv, Label: c.String(labelFlag), Repeat: repeat,
		Judge: func(j journal.Journal) report.Run {
			r, _ := c.Program.judge().Report(j) // it was run
			return r
		},
	}}
	if w.path == "" {
		return nil, Usagef("flag \"--evidence\": value \"\": want a folder, or a file that ends in .zip")
	}
	if !c.Bool(noRedactFlag) {
		w.how.Names = privacy.Here()
	}
	return w, nil
}

// mayWrite says early why it cannot be written: a run may take its time.
func (w *wanted) mayWrite() error {
	if w == nil {
		return nil
	}
	return evidence.MayWrite(w.path, w.force)
}

// write writes what was wanted of a report.
func (w *wanted) write(r report.Report) error {
	if w == nil {
		return nil
	}
	// It is the last that the process does, and its size is bounded: to collect
	// garbage on the way would be a fifth of what it takes.
	defer debug.SetGCPercent(debug.SetGCPercent(lateGC))
	return evidence.New(r, w.how).Write(w.path, w.force)
}

// lateGC lets the heap grow tenfold before garbage is collected, in percent.
const lateGC = 1000

// Evidence is what a command writes of its run; nil: it is not asked to.
type Evidence struct {
	w      *wanted
	report report.Report
}

// Evidence reads the flags of evidence, of a command that will run something now
// in which users' own programs send.
func (c *Context) Evidence() (*Evidence, error) {
	w, err := wantedEvidence(c, 1)
	if w == nil || err != nil {
		return nil, err
	}
	w.how.Theirs, w.how.HidePayload = true, !c.Bool(payloadFlag)
	return &Evidence{w, c.newReport()}, nil
}

// Write writes the journal of a run, judged by the program's claims.
func (e *Evidence) Write(j journal.Journal) error {
	if e == nil {
		return nil
	}
	run := e.w.how.Judge(j)
	e.report.Runs = append(e.report.Runs, run)
	e.report.Tally.Add(run.Outcome)
	return e.w.write(e.report)
}
