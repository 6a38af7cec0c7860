package cli

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"sockproof/lib/evidence"
)

// diffCommand compares two bundles: two kernels, two settings, before and after.
func (p *Program) diffCommand() Command {
	return Command{
		Name: "diff", Usage: "compare two bundles: verdicts, and where packets and states first part",
		ArgsUsage: "BUNDLE BUNDLE", Files: true,
		Flags: []cli.Flag{FormatFlag()}, Accepts: []string{"color"},
		Exit: "0 the same, 1 different, 2 bad usage, 3 one does not hold, is no evidence or could not be read, or output lost",
		Examples: []Example{
			{p.Name + " diff before.zip after.zip", "two kernels, or two settings: what parted"},
		},
		Do: doDiff,
	}
}

// difference is the JSON document of diff.
type difference struct {
	Schema string `json:"schema"`
	A      string `json:"a"`
	B      string `json:"b"`
	Same   bool   `json:"same"`
	*evidence.Difference
}

func doDiff(c *Context) (int, error) {
	if len(c.Args) != 2 {
		return ExitUsage, Usagef("diff: %d arguments: want two bundles, each a folder or a .zip", len(c.Args))
	}
	var both [2]*evidence.Result
	for i, path := range c.Args {
		var r *evidence.Result
		var err error
		if !c.unlessInterrupted(func() { r, err = evidence.Verify(path, c.Program.judge()) }) {
			return ExitInconclusive, nil
		}
		if err != nil {
			return exitOf([]evidence.Row{{Err: err}}), fmt.Errorf("diff: %w", err)
		}
		if !r.Holds() {
			return ExitInconclusive, fmt.Errorf("diff: %s does not hold: %s", path, r.Problems[0])
		}
		both[i] = r
	}
	var d *evidence.Difference
	if !c.unlessInterrupted(func() { d = evidence.Compare(both[0], both[1]) }) {
		return ExitInconclusive, nil
	}
	code := 0
	if !d.Same() {
		code = exitAltered
	}
	doc := difference{"sockproof/diff/v1", c.Args[0], c.Args[1], d.Same(), d}
	return code, c.TextOrJSON(doc, func(w io.Writer) { d.WriteText(w, c.Args[0], c.Args[1]) })
}
