// Package cli gives every binary the same command line.
// A binary hands it a Program; it answers with an exit code.
package cli

import (
	"slices"

	"github.com/urfave/cli/v2"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// Program is one binary: a phenomenon, and the ways to bring it about; or, with Alone, what
// it does instead.
type Program struct {
	Name    string
	Summary string // one line: the phenomenon
	// Scenarios in the order in which they are listed and, with "all", run.
	// The first is the default.
	Scenarios []scenario.Scenario
	// Alone is what a program without scenarios does when no command is named. Its flags
	// are the program's; such a program has its own commands alone.
	Alone *Command
	// Fallback names the scenarios that take the default's place, in this
	// order, where no network can have it.
	Fallback []string
	// Unlisted are scenarios that commands run: they cannot be asked for as scenarios, but the
	// evidence of them is judged.
	Unlisted []scenario.Scenario
	// Flags are the binary's own, beyond the shared ones.
	Flags []cli.Flag
	// For names the scenarios that take a flag, where not all do.
	For map[string][]string
	// Commands are the binary's own, beyond the shared ones.
	Commands []Command
	// Examples are command lines worth knowing, for its help.
	Examples []Example
}

// Example is a command line, and what it does.
type Example struct {
	Line string `json:"line"`
	Does string `json:"does"`
}

// Command is a command of one binary alone.
type Command struct {
	Name, Usage, ArgsUsage string
	// Files: its arguments are names of files.
	Files bool
	// Flags are its own. One with the name of a shared flag takes its place: it has
	// other values here, or means something else where nobody says.
	Flags []cli.Flag
	// Accepts names the shared flags that mean to it what they mean elsewhere.
	Accepts []string
	// Exit says what its exit statuses mean, for its help.
	Exit string
	// Examples are command lines worth knowing, for its help.
	Examples []Example
	Do       func(c *Context) (exit int, err error)

	aliases []string // of its name
	hidden  bool     // from its program's help
}

// scenario returns the scenario of that name.
func (p *Program) scenario(name string) (*scenario.Scenario, bool) {
	i := slices.IndexFunc(p.Scenarios, func(s scenario.Scenario) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return &p.Scenarios[i], true
}

// names are the words that may be asked for.
func (p *Program) names() (names []string) {
	for _, s := range p.Scenarios {
		names = append(names, s.Name)
	}
	return append(names, everyOne)
}

// Report judges a journal, and makes the report of its run.
func Report(s *scenario.Scenario, j journal.Journal) report.Run {
	g := claim.NewGate(&j)
	o, why, findings := s.Gated(&j, g)
	r := report.NewRun(j, s.Title, o, why, findings)
	r.Discrepancies = g.Discrepancies
	if s.Compare != nil {
		if t := s.Compare(g.View()); t != nil && len(t.Rows) > 0 {
			r.Comparison = t
		}
	}
	return r
}

// Reserved are the commands of all binaries; no scenario may have such a name.
var Reserved = []string{
	"list", "check", "verify", "diff", "run", "help", "h", "scan", "port", "load", "serve", "judge", "watch", "resets", "explain",
}
