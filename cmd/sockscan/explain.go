package main

import (
	"fmt"
	"io"
	"strings"

	"sockproof/lib/cli"
)

// explainCommand says what a kind of finding means.
func explainCommand() cli.Command {
	return cli.Command{
		Name: "explain", Usage: "say what a kind of finding means, whose fault it can be, the cure, and the scenario that reproduces it", ArgsUsage: "[KIND]",
		Flags: nil, Accepts: []string{"color"},
		Exit:     "0 explained, 2 bad usage, 3 output lost",
		Examples: []cli.Example{{Line: "sockscan explain close-wait", Does: "what CLOSE_WAIT means, by its causes"}},
		Do:       doExplain,
	}
}

func doExplain(c *cli.Context) (int, error) {
	if len(c.Args) == 0 {
		return 0, c.Text(c.Wrapped(func(w io.Writer) {
			for _, k := range kinds() {
				k.explain(w)
			}
		}))
	}
	if len(c.Args) > 1 {
		return cli.ExitUsage, cli.Usagef("explain: argument %q: it takes one kind", c.Args[1])
	}
	for _, k := range kinds() {
		if k.name == c.Args[0] {
			return 0, c.Text(c.Wrapped(k.explain))
		}
	}
	return cli.ExitUsage, cli.Usagef("explain: argument %q: want one of %s", c.Args[0], strings.Join(kindNames(), ", "))
}

// explain says what a kind means.
func (k *kind) explain(w io.Writer) {
	fmt.Fprintln(w, k.name)
	for _, c := range k.causes {
		fmt.Fprintf(w, "  %s: %s\n", c.name, c.means)
		if c.quiet {
			fmt.Fprintln(w, "    no finding: sockscan counts them as not judged")
			continue
		}
		fmt.Fprintf(w, "    whose fault: %s\n    next: %s\n", strings.Join(c.whose, ", or "), plainNext(c.next))
		if c.scenario != "" {
			fmt.Fprintf(w, "    see it happen: %s\n", c.scenario)
		}
	}
}

// plainNext is the next step without what only a finding can fill in.
func plainNext(next string) string {
	return strings.ReplaceAll(next, "{cure}", "the sysctl line that the finding prints")
}
