package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// listCommand prints the scenarios, the networks each can have, and the claims
// it puts to the test.
func (p *Program) listCommand() Command {
	return Command{
		Name: "list", Usage: "list the scenarios, their networks and their claims",
		Flags: []cli.Flag{FormatFlag()}, Accepts: []string{"color"},
		Exit: "0 listed, 2 bad usage, 3 output lost",
		Examples: []Example{
			{p.Name + " list", "what there is to run, and the statements that each puts to the test"},
			{p.Name + " list --format json", "the same for a script, with every command and flag"},
		},
		Do: func(c *Context) (int, error) {
			if err := c.NoArgs(); err != nil {
				return ExitUsage, err
			}
			return 0, c.TextOrJSON(listing(c.Program), c.Wrapped(func(w io.Writer) { writeList(w, c.Program) }))
		},
	}
}

type listedScenario struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Networks []journal.Network `json:"networks"`
	NoHost   string            `json:"no_host,omitempty"`
	Bound    string            `json:"bound,omitempty"` // of a run, where --timeout is not given and it is not the usual one
	Full     string            `json:"full,omitempty"`  // the bound of a run with --full, where that takes more steps
	Claims   []listedClaim     `json:"claims"`
}

type listedClaim struct {
	ID           string `json:"id"`
	Statement    string `json:"statement"`
	Source       string `json:"source"`
	Quantity     string `json:"quantity"`
	Precondition string `json:"precondition,omitempty"`
}

type listedCommand struct {
	Name     string       `json:"name"`
	Usage    string       `json:"usage"`
	Args     string       `json:"args,omitempty"`
	Files    bool         `json:"files,omitempty"` // its arguments are names of files
	Exit     string       `json:"exit"`            // what its exit statuses mean
	Flags    []listedFlag `json:"flags"`           // its own, and those of all that mean something to it
	Examples []Example    `json:"examples"`
}

type list struct {
	Schema    string           `json:"schema"`
	Tool      report.Tool      `json:"tool"`
	Summary   string           `json:"summary"`
	Does      string           `json:"does,omitempty"` // without a command, where there are no scenarios
	Exit      string           `json:"exit,omitempty"` // what its exit statuses mean then
	Scenarios []listedScenario `json:"scenarios"`
	Commands  []listedCommand  `json:"commands"`
	Flags     []listedFlag     `json:"flags"` // of all
	Examples  []Example        `json:"examples"`
}

func listing(p *Program) list {
	l := list{
		Schema: "sockproof/list/v1", Tool: p.tool(), Summary: p.Summary,
		Flags: listedFlags(append(p.flags(), cli.HelpFlag)), Examples: p.examples(),
	}
	if p.Alone != nil {
		l.Does, l.Exit, l.Scenarios = p.Alone.Usage, p.Alone.exitStatuses(), []listedScenario{}
	}
	for _, c := range p.commands() {
		l.Commands = append(l.Commands, listedCommand{
			c.Name, c.Usage, c.ArgsUsage, c.Files, c.exitStatuses(), listedFlags(c.flags(append(sharedFlags(), p.Flags...))), append([]Example{}, c.Examples...),
		})
	}
	for _, s := range p.Scenarios {
		ls := listedScenario{Name: s.Name, Title: s.Title, Networks: s.RunsOn(), NoHost: s.NoHost, Claims: []listedClaim{}}
		if s.Bound > 0 {
			ls.Bound = s.Bound.String()
		}
		if s.Full > 0 {
			ls.Full = s.Full.String()
		}
		for _, c := range s.Claims {
			ls.Claims = append(ls.Claims, listedClaim{c.ID, c.Statement, c.Source, string(c.Quantity), c.Precondition})
		}
		l.Scenarios = append(l.Scenarios, ls)
	}
	return l
}

func writeList(w io.Writer, p *Program) {
	for i, s := range p.Scenarios {
		var nets []string
		for _, n := range s.RunsOn() {
			nets = append(nets, string(n))
		}
		mark := ""
		if i == 0 {
			mark = " (default)"
		}
		fmt.Fprintf(w, "%s%s: %s\n    networks: %s", s.Name, mark, s.Title, strings.Join(nets, ", "))
		if s.NoHost != "" {
			fmt.Fprintf(w, "; not host: %s", s.NoHost)
		}
		if s.Bound > 0 {
			fmt.Fprintf(w, "; up to %v", s.Bound)
		}
		if s.Full > 0 {
			fmt.Fprintf(w, "; --full: up to %v", s.Full)
		}
		fmt.Fprintln(w)
		for _, c := range s.Claims {
			fmt.Fprintf(w, "    %-5s %s\n", c.ID, c.Statement)
		}
	}
}
