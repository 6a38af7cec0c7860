package cli

import (
	"io"
	"slices"
	"strings"

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
	if err := s.begin(); err != nil {
		return ExitUsage, err
	}
	s.leftOut(asked)
	if len(c.Args) == 0 {
		s.runDefault(asked[0])
		return s.end()
	}
	for _, one := range asked {
		if s.goesOn() {
			s.repeat(one, s.once(one))
		}
	}
	return s.end()
}

// all are the scenarios that a network can have; where that is none, every one, which then says why.
func (p *Program) all(on journal.Network) (some []*scenario.Scenario) {
	var every []*scenario.Scenario
	for i := range p.Scenarios {
		s := &p.Scenarios[i]
		every = append(every, s)
		if s.Has(on) {
			some = append(some, s)
		}
	}
	if len(some) == 0 {
		return every
	}
	return some
}

// leftOut says which scenarios all does not ask for, for the network that was named cannot have them.
func (s *session) leftOut(asked []*scenario.Scenario) {
	for i := range s.Program.Scenarios {
		of := &s.Program.Scenarios[i]
		if slices.Contains(s.Args, everyOne) && !slices.Contains(asked, of) {
			s.report.NotRun = append(s.report.NotRun, report.NotRun{Scenario: of.Name, Why: of.Refusal(s.cond.Network)})
		}
	}
}

// asked returns the scenarios that the arguments name; without any, the default. Each flag
// that some scenarios alone take must be for one of them.
func (c *Context) asked() (asked []*scenario.Scenario, err error) {
	p, names := c.Program, c.Args
	if len(names) == 0 {
		names = []string{p.Scenarios[0].Name}
	}
	for _, name := range names {
		s, known := p.scenario(name)
		switch {
		case name == everyOne:
			asked = append(asked, p.all(journal.Network(c.String(netFlag)))...)
		case known:
			asked = append(asked, s)
		case c.App.Command(name) != nil:
			return nil, Usagef("%q is a command, and goes first, without scenarios: %s %s", name, p.Name, name)
		default:
			scenarios, commands := p.names(), p.commandNames()
			return nil, Usagef("unknown scenario or command %q; scenarios: %s; commands: %s%s", name,
				strings.Join(scenarios, ", "), strings.Join(commands, ", "), similarWord(name, slices.Concat(scenarios, commands)))
		}
	}
	for flag, takers := range p.For {
		if c.IsSet(flag) && !slices.ContainsFunc(asked, func(s *scenario.Scenario) bool { return slices.Contains(takers, s.Name) }) {
			return nil, Usagef("flag %q is for %s only, and that is not asked for", dashed(flag), OrList(takers))
		}
	}
	return asked, nil
}

// runDefault runs the default scenario or, where no network can have that, the
// first of its fallbacks that one can; the report's heading says which and why.
func (s *session) runDefault(standard *scenario.Scenario) {
	of, first := standard, s.once(standard)
	for _, name := range s.Program.Fallback {
		f, known := s.Program.scenario(name)
		if began(&first) || !known {
			break
		}
		instead := *f
		instead.Title += " (" + standard.Name + report.Unavailable + first.Stopped + ")"
		s.runs-- // what never began was no run
		if r := s.once(&instead); began(&r) {
			of, first = &instead, r
		}
	}
	s.repeat(of, first)
}

// began says whether a run's stage could be set: a witness was attached.
func began(r *report.Run) bool { return len(r.Witnesses) > 0 }
