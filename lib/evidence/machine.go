package evidence

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/privacy"
	"sockproof/lib/report"
)

// MachineSchema names the form of machine.json and its version.
const MachineSchema = "sockproof/machine/v1"

// Bundle is what evidence is made of.
type Bundle struct {
	Machine Machine
	Report  report.Report // its tool, start and machine are Machine's

	changed string // a claim or a scenario that is judged differently with names replaced; "": none
}

// Machine is machine.json: what made the evidence, where, and how.
type Machine struct {
	Schema  string      `json:"schema"`
	Tool    report.Tool `json:"tool"`
	Command []string    `json:"command"` // the command line, word by word, paths reduced to base names
	Label   string      `json:"label,omitempty"`
	Started time.Time   `json:"started"`
	Repeat  int         `json:"repeat"` // how often each scenario was to be run
	report.Machine
	Runs []RunFacts `json:"runs"` // those that the bundle has
	// Completed counts the TCP checksums that the kernel had left partial.
	Completed int     `json:"checksums_completed,omitempty"`
	Privacy   Privacy `json:"privacy"`
}

// RunFacts are who watched a run, and where.
type RunFacts struct {
	Run       int                     `json:"run"`
	Scenario  string                  `json:"scenario"`
	Network   journal.Network         `json:"network"`
	Family    journal.Family          `json:"family"`
	Witnesses []journal.WitnessStatus `json:"witnesses"`
}

// Privacy is what was done so that the bundle names nobody.
type Privacy struct {
	Redacted bool               `json:"redacted"` // false: --no-redact
	Replaced []privacy.Replaced `json:"replaced"` // none: there was nothing to hide
}

// How is how a bundle is to be made.
type How struct {
	Command []string // the command line, word by word
	Label   string
	Repeat  int // how often each scenario was to be run
	// Names are what the bundle must not say; nil: nothing is replaced.
	Names *privacy.Names
	// Theirs is that users' own programs sent what was sent; HidePayload keeps it as
	// length and hash.
	Theirs, HidePayload bool
	// Judge judges a journal again in which something was replaced.
	Judge func(journal.Journal) report.Run
}

// New makes a bundle of a report.
func New(r report.Report, how How) *Bundle {
	r.NotRun = nil // it does not follow from the journal
	b := &Bundle{Report: r, Machine: Machine{
		Schema: MachineSchema, Tool: r.Tool, Command: []string{}, Label: report.Printable(how.Label), Started: r.Started.UTC(),
		Repeat: how.Repeat, Machine: r.Machine,
		Privacy: Privacy{Redacted: how.Names != nil, Replaced: []privacy.Replaced{}},
	}}
	b.Report.Runs, b.Report.Claims = append([]report.Run{}, r.Runs...), slices.Clone(r.Claims)
	for _, w := range commandOf(how.Command, how.Names == nil) {
		b.Machine.Command = append(b.Machine.Command, valid(w))
	}
	b.Machine.Settings = maps.Clone(r.Machine.Settings)
	for name, value := range b.Machine.Settings {
		b.Machine.Settings[name] = valid(value)
	}
	for i := range b.Report.Runs {
		b.complete(&b.Report.Runs[i])
	}
	if how.Names != nil || how.HidePayload {
		b.redact(&redactor{privacy.New(how.Names, ownWords(&b.Report, how.Theirs)), how.Theirs, how.HidePayload}, how.Judge)
		settleTotals(b.Report.Claims, b.Report.Runs)
	}
	b.Report.Started, b.Report.Machine = b.Machine.Started, b.Machine.Machine
	b.Machine.Runs = factsOf(b.Report.Runs)
	return b
}

// valid is a text as JSON has it, for a story says what is no UTF-8 byte by byte.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// complete makes those TCP checksums of a run right that the kernel has left to a
// network card: captured on lo, where there is none, they look like errors.
func (b *Bundle) complete(r *report.Run) {
	if r.Network == journal.Wire {
		return
	}
	events := slices.Clone(r.Events)
	for i := range events {
		p := events[i].Packet
		if p == nil {
			continue
		}
		decoded, err := packet.Decode(p.Bytes)
		if err != nil {
			continue
		}
		if raw, ok := decoded.Completed(); ok {
			c := *p
			c.Bytes = raw
			events[i].Packet = &c
			b.Machine.Completed++
		}
	}
	r.Events, r.Journal.Events = events, events
}

// factsOf gathers what machine.json says of runs.
func factsOf(runs []report.Run) []RunFacts {
	facts := []RunFacts{}
	for i := range runs {
		j := &runs[i].Journal
		facts = append(facts, RunFacts{j.Run, j.Scenario, j.Network, j.Family, append([]journal.WitnessStatus{}, j.Witnesses...)})
	}
	return facts
}

// journals are those of the runs.
func (b *Bundle) journals() []journal.Journal {
	var all []journal.Journal
	for i := range b.Report.Runs {
		all = append(all, b.Report.Runs[i].Journal)
	}
	return all
}

// machine renders machine.json.
func (b *Bundle) machine() ([]byte, error) {
	m, err := json.MarshalIndent(&b.Machine, "", "  ")
	return append(settled(m), '\n'), err
}

// eventLength is about how many bytes an event takes, besides what was sent.
const eventLength = 250

// journal renders journal.jsonl: the events of each run, and its head.
func (b *Bundle) journal() ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(eventLength*b.Report.EventCount() + leastSize(b.journals()))
	for _, j := range b.journals() {
		if err := journal.Write(&buf, &j); err != nil {
			return nil, err
		}
	}
	return settled(buf.Bytes()), nil
}

// report renders report.json.
func (b *Bundle) report() ([]byte, error) {
	var buf bytes.Buffer
	err := report.JSON(&buf, &b.Report)
	return settled(buf.Bytes()), err
}

// circumstances are what report.md and report.html tell beyond the report.
func (b *Bundle) circumstances() report.Circumstances {
	return report.Circumstances{Command: b.Machine.Command, Label: b.Machine.Label, Notes: b.notes()}
}

// story renders report.md.
func (b *Bundle) story() ([]byte, error) {
	var buf bytes.Buffer
	err := report.Story(&buf, &b.Report, b.circumstances())
	return buf.Bytes(), err
}

// page renders report.html.
func (b *Bundle) page() ([]byte, error) {
	var buf bytes.Buffer
	err := report.HTML(&buf, &b.Report, b.circumstances())
	return buf.Bytes(), err
}

// settled puts U+FFFD where JSON has it escaped, which is how the encoder writes
// what is no UTF-8: read and written again, it would stand there as itself.
func settled(b []byte) []byte {
	escape := []byte(`\ufffd`)
	if !bytes.Contains(b, escape) {
		return b
	}
	var out []byte
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] != '\\':
			out = append(out, b[i])
		case bytes.HasPrefix(b[i:], escape):
			out = append(out, "\ufffd"...)
			i += len(escape) - 1
		default: // an escape is two bytes, or begins so
			out = append(out, b[i:min(i+2, len(b))]...)
			i++
		}
	}
	return out
}

// settleTotals gives verdicts over repeated runs the words of the finding that
// decides, where its run was kept: names in it may have been replaced.
func settleTotals(totals []claim.Total, runs []report.Run) {
	for i := range totals {
		t := &totals[i]
		for k := range runs {
			for _, f := range runs[k].Findings {
				if runs[k].Run == t.Run && f.Claim == t.Claim {
					t.Because = f.Because
				}
			}
		}
	}
}
