package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// peerReport is what the command found. docs/schema/badpeer.json describes it.
type peerReport struct {
	Schema   string         `json:"schema"`
	Mode     string         `json:"mode"`
	Protocol string         `json:"protocol"`
	Program  string         `json:"program,omitempty"` // its name, never its arguments
	Verdict  string         `json:"verdict"`           // of all runs: failed if any has, else undecided if any is
	Tally    map[string]int `json:"tally"`
	Runs     []runReport    `json:"runs"`

	copes   string
	journal journal.Journal // of the first run that did not cope, or of the first
	written bool
}

// runReport is one run's.
type runReport struct {
	verdict
	Network journal.Network     `json:"network"`
	SIGPIPE journal.Disposition `json:"sigpipe,omitempty"` // what the program does about it
	End     ending              `json:"end"`
	Packets string              `json:"packets"`
	Facts   []fact              `json:"facts"`

	texts map[string]string // of requests, by what stands for them
}

func newReport(p *plan) *peerReport {
	r := &peerReport{
		Schema: "sockproof/badpeer/v1", Mode: p.mode.name, Protocol: p.protocol, copes: p.mode.copes, Runs: []runReport{},
		Tally: map[string]int{coped: 0, failed: 0, undecided: 0}, Verdict: undecided,
	}
	if len(p.argv) > 0 {
		r.Program = filepath.Base(p.argv[0])
	}
	return r
}

func (r *peerReport) add(one runReport) {
	r.Runs = append(r.Runs, one)
	r.Tally[one.Word]++
	switch {
	case r.Tally[failed] > 0:
		r.Verdict = failed
	case r.Tally[undecided] > 0:
		r.Verdict = undecided
	default:
		r.Verdict = coped
	}
}

// exit is the exit code of all runs.
func (r *peerReport) exit() int { return verdict{Word: r.Verdict}.exit() }

// show writes the report.
func (r *peerReport) show(c *cli.Context) error {
	switch c.Format() {
	case "junit":
		return r.junit(c.Out)
	case "tap":
		return r.tap(c.Out)
	}
	return c.TextOrJSON(r, func(w io.Writer) { r.text(w, c.Bool("quiet")) })
}

// shown is how many facts are told of a run.
const shown = 40

func (r *peerReport) text(w io.Writer, quiet bool) {
	for i := range r.Runs {
		r.Runs[i].text(w, r.who(), quiet || len(r.Runs) > 1)
	}
	if n := len(r.Runs); n > 1 {
		fmt.Fprintf(w, "%s: %s: %d coped, %d failed, %d undecided\n", r.Mode, count(n, "run"), r.Tally[coped], r.Tally[failed], r.Tally[undecided])
	}
}

func (r *peerReport) who() string {
	if r.Program == "" {
		return r.Mode
	}
	return r.Mode + ": " + report.Printable(r.Program)
}

func (one *runReport) text(w io.Writer, who string, quiet bool) {
	if !quiet {
		for i, f := range one.Facts {
			if i == shown {
				fmt.Fprintf(w, "… and %d more (--format json)\n", len(one.Facts)-shown)
				break
			}
			if line := f.line(one.texts); line != "" {
				fmt.Fprintln(w, line)
			}
		}
		if one.End.Ended {
			fmt.Fprintf(w, "%9s      it %s\n", short(one.End.AtNS), one.End.how())
		}
		if says, has := dispositions[one.SIGPIPE]; has {
			fmt.Fprintf(w, "SIGPIPE  %s\n", says)
		}
		fmt.Fprintf(w, "packets  %s\n", one.Packets)
	}
	mark := map[string]string{coped: "✓", failed: "✗", undecided: "?"}[one.Word]
	fmt.Fprintf(w, "%s %s %s: %s", mark, who, map[string]string{coped: "copes", failed: "does not cope", undecided: "undecided"}[one.Word], one.Why)
	if one.Remedy != "" {
		fmt.Fprintf(w, "; %s", one.Remedy)
	}
	fmt.Fprintln(w)
}

// longest is how much of a request is shown, in bytes.
const longest = 60

func cut(s string) string {
	if len(s) > longest {
		return strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return s
}

// line is a fact for a person; "" for what is none's business.
func (f *fact) line(texts map[string]string) string {
	says, known := map[what]string{
		met: "met", strange: "another's connection,", asked: "asked", answered: "was answered", withheld: "its reply is withheld",
		did: "the peer", gaveUp: "gave up", crossed: "what crossed the FIN was", late: "the late reply was sent", readOn: "then sent", ended: "ended the connection",
		served: "was served", unserved: "was not served:", replied: "replied,", said: "its output has", stopped: "was stopped,", judged: "its replies are", wrong: "its replies,", attempted: "tried to connect", limited: "a limit was reached,",
		behind: "outlived by", crashed: "its process", exposed: "used the connection:", readEnd: "read the end:", leftEnd: "did not read the end:", early: "had been asked before the FIN", unkept: "output,", waited: "took the late reply to its own request", akin: "may be another attempt:", rekeyed: "has not the Idempotency-Key of the first:",
	}[f.What]
	if !known {
		return ""
	}
	text := fmt.Sprintf("%9s %4s %s", short(f.AtNS), f.Conn, says)
	if f.Request != "" && f.What != did {
		text += " " + report.Printable(cut(cmp.Or(texts[f.Request], f.Request)))
	}
	if f.Detail != "" {
		text += " " + report.Printable(f.Detail)
	}
	return text
}

// dispositions says what a program's disposition of SIGPIPE means.
var dispositions = map[journal.Disposition]string{
	"default": "default in it: unless it is blocked, a write to a connection that has ended kills",
	"ignore":  "ignored in it: such a write fails with EPIPE",
	"handler": "handled in it, by itself or by its language's runtime",
}
