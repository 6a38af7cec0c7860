package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"sockproof/lib/evidence"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// exitAltered is the exit code of verify where something was altered, or a verdict
// differs; of diff where two differ.
const exitAltered = 1

// verifyCommand checks saved evidence.
func (p *Program) verifyCommand() Command {
	return Command{
		Name: "verify", Usage: "check saved evidence, offline: hashes, packets and verdicts; with --format text, markdown or html, render its report again",
		ArgsUsage: "BUNDLE ...", Files: true,
		Flags: []cli.Flag{
			WithDefault(
				Choice(formatFlag, "render the report again, or of several bundles write a table, or what was checked as JSON", formatText, verifyFormats...),
				"none of them: say whether it holds, and what was checked"),
			&cli.BoolFlag{Name: quietFlag, Usage: "the first line of what is said of each bundle, or with --format text the report's last line"},
			&cli.BoolFlag{Name: verboseFlag, Usage: "with --format text: every event of the report"},
		},
		Accepts: []string{"color"},
		Exit:    "0 it holds, 1 it does not: altered, or judged otherwise now, 2 bad usage, 3 it is no evidence or could not be read, or output lost",
		Examples: []Example{
			{p.Name + " verify report.zip", "does it hold? what was checked, and what not"},
			{p.Name + " verify --quiet report.zip", "that it holds, or not, in one line"},
			{p.Name + " verify --format text report.zip", "its report, rendered again from its journal"},
			{p.Name + " verify *.zip", "a table of several, by label"},
		},
		Do: doVerify,
	}
}

// judge judges saved journals with this program's claims.
func (p *Program) judge() evidence.Judge {
	standard := ""
	if len(p.Scenarios) > 0 {
		standard = p.Scenarios[0].Name
	}
	return evidence.Judge{Tool: p.tool(), Standard: standard, Report: func(j journal.Journal) (report.Run, bool) {
		for _, s := range slices.Concat(p.Scenarios, p.Unlisted) {
			if s.Name == j.Scenario {
				return Report(&s, j), true
			}
		}
		return report.Run{}, false
	}}
}

// What verify can write: of one bundle its report, of several a table.
var (
	verifyFormats = []string{formatText, formatJSON, formatMarkdown, formatHTML}
	tableFormats  = []string{formatText, formatJSON, formatMarkdown}
)

func doVerify(c *Context) (int, error) {
	if len(c.Args) == 0 {
		return ExitUsage, Usagef("verify: no evidence: want a folder or a .zip, or several")
	}
	if len(c.Args) > 1 && !slices.Contains(tableFormats, c.Format()) {
		return ExitUsage, Usagef("verify: flag \"--format\": value %q: want %s, of several bundles", c.Format(), OrList(tableFormats))
	}
	if err := c.checkVerbosity(); err != nil {
		return ExitUsage, err
	}
	rows := make([]evidence.Row, len(c.Args))
	for i, path := range c.Args {
		rows[i].Path = path
		if !c.unlessInterrupted(func() { rows[i].Result, rows[i].Err = evidence.Verify(path, c.Program.judge()) }) {
			return ExitInconclusive, nil
		}
		if len(c.Args) > 1 && rows[i].Err == nil {
			rows[i].Result.Shorten()
		}
	}
	switch {
	case c.Format() == formatJSON:
		return exitOf(rows), c.TextOrJSON(evidence.NewVerified(c.Program.tool(), rows), nil)
	case len(rows) > 1:
		evidence.SortByLabel(rows)
		return exitOf(rows), c.writeTable(rows)
	case rows[0].Err != nil:
		return exitOf(rows), fmt.Errorf("verify: %w", rows[0].Err)
	case c.IsSet(formatFlag):
		return exitOf(rows), c.renderAgain(rows[0].Result)
	case c.Bool(quietFlag):
		return exitOf(rows), c.TextOrJSON(nil, rows[0].Result.WriteLine)
	}
	return exitOf(rows), c.TextOrJSON(nil, rows[0].Result.WriteText)
}

// checkVerbosity refuses --quiet and --verbose where there is nothing for them to
// shorten or to add.
func (c *Context) checkVerbosity() error {
	rendered := c.IsSet(formatFlag) && c.Format() == formatText && len(c.Args) == 1
	switch {
	case c.Bool(verboseFlag) && !rendered:
		return Usagef("verify: flag \"--verbose\" is for the report of one bundle: give --format text too")
	case c.Bool(quietFlag) && c.Format() != formatText:
		return Usagef("verify: flag \"--quiet\" means nothing to --format %s: want --format text, or none", c.Format())
	}
	return nil
}

// exitOf is the exit code that stands for bundles: what was altered counts more
// than what could not be read.
func exitOf(rows []evidence.Row) int {
	code := 0
	for i := range rows {
		switch r := &rows[i]; {
		case r.Err == nil && !r.Result.Holds():
			return exitAltered
		case r.Err != nil:
			code = ExitInconclusive
		}
	}
	return code
}

// writeTable writes several bundles, one on each line.
func (c *Context) writeTable(rows []evidence.Row) error {
	write := evidence.WriteTable
	switch {
	case c.Format() == formatMarkdown:
		evidence.WriteMarkdownTable(c.Out, rows)
		return nil
	case c.Bool(quietFlag):
		write = evidence.WriteRows
	}
	return c.TextOrJSON(nil, func(w io.Writer) { write(w, rows) })
}

// renderAgain writes the report of a bundle, from its journal. That it does not
// hold is an error all the same.
func (c *Context) renderAgain(r *evidence.Result) error {
	if r.Readable() {
		var b bytes.Buffer
		if !c.unlessInterrupted(func() { c.render(&b, r) }) {
			return nil
		}
		_, err := c.Out.Write(b.Bytes())
		_ = ignoreWrite(err)
	}
	if !r.Holds() {
		return fmt.Errorf("verify: %s does not hold: %s", r.Path, r.Problems[0])
	}
	return nil
}

// render makes a bundle's report anew, in the format that is wanted.
func (c *Context) render(b *bytes.Buffer, r *evidence.Result) {
	switch c.Format() { // nothing fails that is written to memory
	case formatMarkdown:
		_ = r.Story(b)
	case formatHTML:
		_ = r.Page(b)
	default:
		style := c.Style
		style.Verbosity = c.verbosity()
		_ = report.Text(b, &r.Report, style)
	}
}
