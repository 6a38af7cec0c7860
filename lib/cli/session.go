package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// session is the runs of one command line.
type session struct {
	*Context
	cond     scenario.Conditions
	times    int            // how often each scenario is run
	several  bool           // scenarios are
	stream   *report.Stream // for jsonl
	pcap     *pcap          // nil: not asked for
	report   report.Report
	progress *progress

	evidence     *wanted // nil: none
	runs, events int     // so far, for numbering
	cut          bool    // the last run was stopped because the context had ended
}

// newReport is a report without runs.
func (c *Context) newReport() report.Report {
	return report.Report{
		Schema: report.Schema, Tool: c.Program.tool(), Started: time.Now(), Machine: report.Machine(scenario.ThisMachine()),
		Runs: []report.Run{},
	}
}

func newSession(c *Context) (s *session, err error) {
	s = &session{Context: c, times: int(c.Number(repeatFlag)), report: c.newReport(), progress: newProgress(c.stderr)}
	s.Style.Verbosity = c.verbosity()
	s.cond = scenario.Conditions{
		Network: journal.Network(c.String(netFlag)), Family: c.Family(), Timeout: c.Duration(timeoutFlag), Began: s.report.Started,
		Full:     c.Bool(fullFlag),
		Option:   c.String,
		Progress: s.progress.show,
		Announce: s.progress.say,
		Caller:   s.report.Machine.Settings,
		Missing:  map[journal.Network]string{},
	}
	if s.evidence, err = wantedEvidence(c, s.times); err != nil {
		return nil, err
	}
	if err := s.evidence.mayWrite(); err != nil { // the report is written all the same
		s.progress.say("%v; ^C, unless the report alone will do", err)
	}
	return s, s.step()
}

// step prepares --step.
func (s *session) step() error {
	if !s.Bool(stepFlag) {
		if s.IsSet(saveFlag) {
			return Usagef("flag \"--save\" is for --step only")
		}
		return nil
	}
	if n := s.cond.Network; n != "" && n != journal.Wire {
		return Usagef("flag \"--step\": the network %q cannot be stopped: want --net wire", n)
	}
	if s.times > 1 {
		return Usagef("flags --step and --repeat exclude each other: give one")
	}
	s.cond.Network = journal.Wire
	if !s.IsSet(timeoutFlag) {
		s.cond.Timeout = 0 // a person takes the time that it takes
	}
	return nil
}

// verbosity reads --quiet and --verbose.
func (c *Context) verbosity() report.Verbosity {
	switch {
	case c.Bool(quietFlag):
		return report.Quiet
	case c.Bool(verboseFlag):
		return report.Verbose
	case c.Bool(ladderFlag):
		return report.Ladder
	}
	return report.Normal
}

// begin is called in the process that runs the scenarios: what is read from
// standard input must not be read by one that only waits for it.
func (s *session) begin() error {
	if s.Bool(stepFlag) {
		s.cond.Moves = scenario.NewMoves(os.Stdin, s.Errs)
		if name := s.String(saveFlag); name != "" {
			f, err := s.newFile(saveFlag, name)
			if err != nil {
				return err
			}
			s.cond.Moves.Save(f)
		}
	}
	var err error
	if s.pcap, err = s.openPcap(); err != nil {
		return err
	}
	if s.Format() == formatJSONL {
		s.stream = report.NewStream(queued{s.stdout}) // a slow reader must not stretch a run
		s.stream.Start(&s.report)
		s.cond.Stream = s.stream.Event
	}
	return nil
}

// repeat runs a scenario, which has run once, as often as asked, and keeps the first run of each outcome.
func (s *session) repeat(of *scenario.Scenario, r report.Run) {
	kept := map[claim.Outcome]bool{}
	totals := make([]claim.Total, len(of.Claims))
	for i := 1; ; i++ {
		s.report.Tally.Add(r.Outcome)
		for k, f := range r.Findings {
			totals[k].Scenario = of.Name
			totals[k].Add(s.runs, f)
		}
		if s.stream != nil {
			s.stream.Run(&r)
		}
		if !kept[r.Outcome] {
			kept[r.Outcome] = true
			s.report.Runs = append(s.report.Runs, r)
		}
		if s.times > 1 {
			s.progress.show(fmt.Sprintf("%s: %d of %d runs", of.Name, i, s.times))
		}
		if i == s.times || !s.goesOn() {
			break
		}
		r = s.once(of)
	}
	if s.times > 1 {
		s.report.Claims = append(s.report.Claims, totals...)
	}
}

// goesOn says whether another run begins: until the context ends. If a signal ended it
// between two runs, one more begins, and is inconclusive for that reason: the report
// says that it was interrupted, whenever the signal came.
func (s *session) goesOn() bool {
	var by signalled
	return s.Ctx.Err() == nil || !s.cut && errors.As(context.Cause(s.Ctx), &by)
}

// boundOf is a scenario's own bound on a run; 0: it has none.
func boundOf(of *scenario.Scenario, full bool) time.Duration {
	if full && of.Full > 0 {
		return of.Full
	}
	return of.Bound
}

// once runs a scenario.
func (s *session) once(of *scenario.Scenario) report.Run {
	cond := s.cond
	s.stdout.catchUp()
	s.runs++
	cond.Run, cond.First = s.runs, s.events+1
	if own := boundOf(of, cond.Full); own > 0 && cond.Timeout > 0 && !s.IsSet(timeoutFlag) {
		cond.Timeout = own
	}
	if cond.Moves != nil && s.several {
		cond.Moves.Of(of.Name)
	}
	cond.Stream = s.streams(of.Name)
	j := s.conduct(of, cond)
	if n := len(j.Events); n > 0 {
		s.events = j.Events[n-1].N
	}
	s.cut = s.cut || s.Ctx.Err() != nil && j.Stopped != ""
	return Report(of, j)
}

// conduct runs a scenario, and again as often as whoever steps goes back.
func (s *session) conduct(of *scenario.Scenario, cond scenario.Conditions) journal.Journal {
	for {
		j := scenario.Conduct(s.Ctx, of, cond)
		if cond.Moves == nil {
			return j
		}
		back, err := cond.Moves.GoesBack()
		if err != nil {
			s.progress.say("--save: %v", err)
		}
		if !back {
			return j
		}
	}
}

// streams hands each event of a run on as it comes: to --format jsonl, and to --pcap.
func (s *session) streams(scenario string) func(journal.Event) {
	if s.pcap == nil {
		return s.cond.Stream
	}
	packets := s.pcap.of(scenario, time.Now().UnixNano())
	return func(e journal.Event) {
		if s.cond.Stream != nil {
			s.cond.Stream(e)
		}
		packets(e)
	}
}

// end writes the report, and returns the exit code that the tally stands for. TAP has said in its own
// words what was inconclusive.
func (s *session) end() (int, error) {
	s.progress.clear()
	_ = ignoreWrite(s.write())
	t := s.report.Tally
	switch err := cmp.Or(s.evidence.write(s.report), s.pcap.close()); {
	case err != nil:
		return ExitInconclusive, err
	case t.NotReproduced > 0:
		return ExitNotReproduced, nil
	case t.Inconclusive > 0 && s.Format() != formatTAP:
		return ExitInconclusive, nil
	}
	return ExitReproduced, nil
}

func (s *session) write() error {
	switch s.Format() {
	case formatJSON:
		return report.JSON(s.Out, &s.report)
	case formatJSONL:
		s.stream.End(s.report.Tally)
		return s.stream.Err()
	case formatMarkdown:
		return report.Markdown(s.Out, &s.report, s.Style.Verbosity)
	case formatHTML:
		return report.HTML(s.Out, &s.report, report.Circumstances{})
	case formatTAP:
		return report.TAP(s.Out, &s.report)
	}
	return report.Text(s.Out, &s.report, s.Style)
}
