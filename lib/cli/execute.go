package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// runScenarios is what is done without a command.
func runScenarios(c *Context) (int, error) {
	if c.Bool("version") {
		_, err := io.WriteString(c.Out, c.Program.versionLine())
		return 0, ignoreWrite(err)
	}
	asked, err := c.asked()
	if err != nil {
		return ExitUsage, err
	}
	if err := c.taken(asked); err != nil {
		return ExitUsage, err
	}
	s, err := newSession(c)
	if err != nil {
		return ExitUsage, err
	}
	s.several = len(asked) > 1
	if s.cond.Network != journal.HostNet {
		if code, done := c.Elevate(); done {
			return code, nil
		}
	}
	s.begin()
	if len(c.Args) == 0 {
		s.standard()
	}
	for _, one := range asked {
		s.repeat(one, nil)
	}
	return s.end()
}

// standard runs the default scenario or, where no network can have that, the
// first of its fallbacks that one can; the report's heading says which and why.
func (s *session) standard() {
	standard := &s.program.Scenarios[0]
	first := s.once(standard)
	if !neverBegan(&first) {
		s.repeat(standard, &first)
		return
	}
	for _, name := range s.program.Fallback {
		f, ok := s.program.scenario(name)
		if !ok {
			continue
		}
		instead := *f
		instead.Title += " (" + standard.Name + report.Unavailable + first.Stopped + ")"
		s.runs-- // what never began was no run
		if r := s.once(&instead); !neverBegan(&r) {
			s.repeat(&instead, &r)
			return
		}
	}
	s.repeat(standard, &first)
}

// neverBegan says whether a run's stage could not be set: no witness was attached.
func neverBegan(r *report.Run) bool { return len(r.Witnesses) == 0 }

// asked returns the scenarios that the arguments name; none: the default.
func (c *Context) asked() ([]*scenario.Scenario, error) {
	var asked []*scenario.Scenario
	p := c.Program
	for _, name := range c.Args {
		if name == everyOne {
			for i := range p.Scenarios {
				asked = append(asked, &p.Scenarios[i])
			}
			continue
		}
		s, ok := p.scenario(name)
		if !ok && c.App.Command(name) != nil {
			return nil, Usagef("%q is a command, and goes first, without scenarios: %s %s", name, p.Name, name)
		}
		if !ok {
			scenarios, commands := p.names(), p.commandNames()
			return nil, Usagef("unknown scenario or command %q; scenarios: %s; commands: %s%s", name,
				strings.Join(scenarios, ", "), strings.Join(commands, ", "), similarWord(name, slices.Concat(scenarios, commands)))
		}
		asked = append(asked, s)
	}
	return asked, nil
}

// taken checks that each flag that some scenarios alone take is for one that is asked
// for; without any, the default is.
func (c *Context) taken(asked []*scenario.Scenario) error {
	if len(asked) == 0 {
		asked = []*scenario.Scenario{&c.Program.Scenarios[0]}
	}
	for flag, takers := range c.Program.For {
		if c.IsSet(flag) && !slices.ContainsFunc(asked, func(s *scenario.Scenario) bool { return slices.Contains(takers, s.Name) }) {
			return Usagef("flag %q is for %s only, and that is not asked for", dashed(flag), orList(takers))
		}
	}
	return nil
}

// session is the runs of one invocation.
type session struct {
	ctx      context.Context
	program  *Program
	cond     scenario.Conditions
	times    int  // how often each scenario is run
	several  bool // scenarios are
	format   string
	style    report.Style
	out      *output
	stream   *report.Stream // for jsonl
	report   report.Report
	progress *progress
	moves    func() *scenario.Moves // for --step: begins to read them; nil otherwise

	evidence     *wanted // nil: none
	runs, events int     // so far, for numbering
	cut          bool    // the last run was stopped because the context had ended
}

func newSession(c *Context) (*session, error) {
	f, err := c.Family()
	if err != nil {
		return nil, err
	}
	verbosity, err := c.verbosity()
	if err != nil {
		return nil, err
	}
	s := &session{
		ctx: c.Ctx, program: c.Program, format: c.Format(), style: c.Style, out: c.stdout,
		progress: newProgress(c.stderr),
		report: report.Report{
			Schema: report.Schema, Tool: c.Program.tool(), Started: time.Now(), Machine: report.Machine(scenario.ThisMachine()),
			Runs: []report.Run{},
		},
	}
	s.cond = scenario.Conditions{
		Network: journal.Network(c.String("net")), Family: f,
		Option:   c.String,
		Progress: s.progress.show,
		Announce: s.progress.say,
		Caller:   s.report.Machine.Settings,
		Missing:  map[journal.Network]string{},
	}
	s.cond.Began = s.report.Started
	if s.evidence, err = wantedEvidence(c); err != nil {
		return nil, err
	}
	if err := s.evidence.mayWrite(); err != nil { // the report is written all the same
		s.progress.say("%v; ^C, unless the report alone will do", err)
	}
	s.times = int(c.Number(repeatFlag))
	if s.evidence != nil {
		s.evidence.how.Repeat = s.times
	}
	s.cond.Timeout = c.Duration(timeoutFlag)
	s.style.Verbosity = verbosity
	if err := s.step(c); err != nil {
		return nil, err
	}
	return s, nil
}

// verbosity reads --quiet and --verbose.
func (c *Context) verbosity() (report.Verbosity, error) {
	quiet, verbose := c.Bool("quiet"), c.Bool("verbose")
	switch {
	case quiet && verbose:
		return report.Normal, Usagef("flags --quiet and --verbose exclude each other: give one")
	case quiet:
		return report.Quiet, nil
	case verbose:
		return report.Verbose, nil
	}
	return report.Normal, nil
}

// begin is called in the process that runs the scenarios: what is read from
// standard input must not be read by one that only waits for it.
func (s *session) begin() {
	if s.moves != nil {
		s.cond.Moves = s.moves()
	}
	if s.format == formatJSONL {
		s.stream = report.NewStream(queued{s.out}) // a slow reader must not stretch a run
		s.stream.Start(&s.report)
		s.cond.Stream = s.stream.Event
	}
}

// repeat runs a scenario as often as asked, and keeps the first run of each outcome.
// If first is not nil, that run has been made already.
func (s *session) repeat(of *scenario.Scenario, first *report.Run) {
	kept := map[claim.Outcome]bool{}
	totals := make([]claim.Total, len(of.Claims))
	for i := 0; i < s.times && (s.goesOn() || i == 0 && first != nil); i++ {
		var r report.Run
		if i == 0 && first != nil {
			r = *first
		} else {
			r = s.once(of)
		}
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
			s.progress.show(fmt.Sprintf("%s: %d of %d runs", of.Name, i+1, s.times))
		}
	}
	for _, t := range totals {
		if s.times > 1 && t.Run != 0 { // 0: interrupted before the first run
			s.report.Claims = append(s.report.Claims, t)
		}
	}
}

// goesOn says whether another run begins: until the context ends. If a signal ended it
// between two runs, one more begins, and is inconclusive for that reason: the report
// says that it was interrupted, whenever the signal came.
func (s *session) goesOn() bool {
	var by signalled
	return s.ctx.Err() == nil || !s.cut && errors.As(context.Cause(s.ctx), &by)
}

func (s *session) once(of *scenario.Scenario) report.Run {
	cond := s.cond
	s.out.catchUp()
	s.runs++
	cond.Run, cond.First = s.runs, s.events+1
	if cond.Moves != nil && s.several {
		cond.Moves.Of(of.Name)
	}
	j := scenario.Conduct(s.ctx, of, s.program.Plays[of.Name], cond)
	if n := len(j.Events); n > 0 {
		s.events = j.Events[n-1].N
	}
	s.cut = s.cut || s.ctx.Err() != nil && j.Stopped != ""
	return Report(of, j)
}

// end writes the report and says how it all came out.
func (s *session) end() (int, error) {
	s.progress.clear()
	var err error
	switch s.format {
	case formatJSON:
		err = report.JSON(s.out, &s.report)
	case formatJSONL:
		s.stream.End(s.report.Tally)
		err = s.stream.Err()
	case formatMarkdown:
		err = report.Markdown(s.out, &s.report, s.style.Verbosity)
	case formatHTML:
		err = report.HTML(s.out, &s.report, report.Circumstances{})
	case formatTAP:
		err = report.TAP(s.out, &s.report)
	default:
		err = report.Text(s.out, &s.report, s.style)
	}
	_ = ignoreWrite(err)
	if err := s.evidence.write(s.report); err != nil {
		return ExitInconclusive, err
	}
	return s.code(), nil
}

// code is the exit code that the tally stands for. TAP has said in its own
// words what was inconclusive.
func (s *session) code() int {
	t := s.report.Tally
	switch {
	case t.NotReproduced > 0:
		return ExitNotReproduced
	case t.Inconclusive > 0 && s.format != formatTAP:
		return ExitInconclusive
	}
	return ExitReproduced
}
