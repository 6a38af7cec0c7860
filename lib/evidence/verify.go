package evidence

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// Judge is the program that verifies.
type Judge struct {
	Tool report.Tool
	// Standard is the default scenario's name: another may take its place, and then
	// says why. "": there is none.
	Standard string
	// Report confronts the witnesses of a journal and judges it with the program's
	// claims; ok: it knows the scenario.
	Report func(j journal.Journal) (r report.Run, ok bool)
}

// Problem is one thing that does not hold. What it concerns is named as far as it
// is known; 0 and "" where it is not.
type Problem struct {
	File  string `json:"file,omitempty"`
	Run   int    `json:"run,omitempty"`
	Event int    `json:"event,omitempty"`
	Claim string `json:"claim,omitempty"`
	Text  string `json:"text"`
}

// String is one line.
func (p Problem) String() string {
	var where []string
	if p.File != "" {
		where = append(where, p.File)
	}
	if p.Run != 0 {
		where = append(where, "run "+strconv.Itoa(p.Run))
	}
	if p.Event != 0 {
		where = append(where, "event "+strconv.Itoa(p.Event))
	}
	if p.Claim != "" {
		where = append(where, "claim "+p.Claim)
	}
	if len(where) == 0 {
		return p.Text
	}
	return strings.Join(where, ", ") + ": " + p.Text
}

// Result is what became of a bundle that was verified.
type Result struct {
	Path     string
	Problems []Problem // none: it holds
	// The rest is there as far as the bundle could be read.
	Machine   Machine
	Report    report.Report // judged again
	Remarks   []string      // how it is not packed as it was written, one thing each
	Checked   []string      // what was checked, one thing each
	Unchecked []string      // what was not
	bundle    *Bundle
}

// Holds says whether nothing was altered and every verdict is the same.
func (r *Result) Holds() bool { return len(r.Problems) == 0 }

// maxProblems bounds how many problems are listed: a bundle of another's making
// may have one for each of its events.
const maxProblems = 20

// Verify reads a bundle and checks all of it that can be checked: its files against
// their hashes, what is said of packets against their bytes and the capture, the
// witnesses against each other, the verdicts against those that the journals get now,
// and what was made from them against what this build makes.
//
// An error says that there is nothing to check: a ForeignError where it is no
// bundle or not one of this program, else why it could not be read. That a bundle
// does not hold is no error.
func Verify(path string, judge Judge) (*Result, error) {
	o, err := open(path)
	if p, ok := isAltered(err); ok {
		return &Result{Path: path, Problems: []Problem{p}}, nil
	}
	if err != nil {
		return nil, err
	}
	return o.verify(path, judge)
}

// verify checks what was read.
func (o *opened) verify(path string, judge Judge) (*Result, error) {
	v := &verifier{Result: &Result{Path: path, Remarks: o.remarks}, files: o.files, judge: judge}
	err := v.all(o)
	if p, ok := isAltered(err); ok {
		v.problem(p)
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return v.Result, nil
}

// verifier checks one bundle.
type verifier struct {
	*Result
	files    files
	judge    Judge
	journals []journal.Journal
	written  written // report.json, as it is
	further  int     // problems that are not listed
}

func (v *verifier) problem(p Problem) {
	if len(v.Problems) < maxProblems {
		v.Problems = append(v.Problems, p)
		return
	}
	v.further++
}

func (v *verifier) checked(format string, args ...any) {
	v.Checked = append(v.Checked, fmt.Sprintf(format, args...))
}

func (v *verifier) unchecked(format string, args ...any) {
	v.Unchecked = append(v.Unchecked, fmt.Sprintf(format, args...))
}

// all makes every check. What cannot be read ends it: an alteredError, a
// ForeignError.
func (v *verifier) all(o *opened) error {
	m, err := parseManifest(v.Path, v.files[fileManifest])
	if err != nil {
		return err
	}
	v.hashes(m, o.extra)
	if err := v.read(); err != nil {
		return err
	}
	v.judgeAgain()
	v.packets()
	v.capture()
	v.tally()
	v.report()
	v.renderings()
	if v.further > 0 {
		v.Problems = append(v.Problems, Problem{Text: fmt.Sprintf("and %d more", v.further)})
	}
	v.notChecked(o.signed)
	return nil
}

// hashes checks the files against the manifest, and that those are all.
func (v *verifier) hashes(m *manifest, extra []Problem) {
	problems, changed := m.check(v.files)
	for _, p := range append(append(extra, problems...), v.missing(m)...) {
		v.problem(p)
	}
	if len(changed) > 0 {
		v.Remarks = append(v.Remarks, "the line ends were changed (CRLF), as git's autocrlf does: content is the same: "+someOf(changed))
	}
	v.checked("%s: sizes and SHA-256 hashes, and that there are no others", count(int64(len(m.Files)), "file"))
	if !bytes.Equal(withLF(v.files[fileManifest]), m.encode()) {
		v.unchecked("%s beyond the list of files: it is laid out otherwise than it was written, or says more", fileManifest)
	}
}

// missing lists the files that every bundle of its version has and this one has
// not, in its manifest either. What a bundle says to be too old to have is told: who
// takes a file away can say so too.
func (v *verifier) missing(m *manifest) []Problem {
	var ps []Problem
	for _, r := range renderings {
		switch {
		case v.files[r.name] != nil || m.lists(r.name): // then the manifest says what is wrong
		case r.since > 0 && m.Schema == schemaFirst:
			v.unchecked("%s: it is not there; the bundle says that it is of version %s, which had none", r.name, strings.TrimPrefix(m.Schema, schemaFamily))
		default:
			ps = append(ps, Problem{File: r.name, Text: "missing"})
		}
	}
	return ps
}

// notChecked says what no check can tell.
func (v *verifier) notChecked(signed bool) {
	for i := range v.Report.Runs {
		r := &v.Report.Runs[i]
		for _, t := range leftOutOf(r).texts() {
			v.unchecked("run %d: %s", r.Run, t)
		}
		if why := unseen(&r.Journal); why != "" {
			v.unchecked("run %d: calls and states against each segment: %s", r.Run, why)
		}
		for k := range r.Events {
			if e := &r.Events[k]; len(e.Unknown) > 0 {
				v.unchecked("run %d: event %d, of a kind %q that this version does not know", r.Run, e.N, e.Kind)
			}
		}
	}
	if n := hashed(v.Report.Runs); n > 0 {
		v.unchecked("what was sent, of which length and hash are kept, in %s", count(int64(n), "place"))
	}
	if n := v.bundle.runsNotKept(); n > 0 {
		v.unchecked("%s counted and not kept, and so the verdicts over all runs", count(int64(n), "run"))
	}
	if signed {
		v.unchecked("%s: a signature, which ssh-keygen -Y verify checks", fileSignature)
	}
	v.unchecked("who made it, and whether the machine was what it says: hashes prove that a bundle is consistent, not whose it is")
}

// unseen is why not every segment of a run that was captured is in its journal; "": it is. That
// none was captured, the report says.
func unseen(j *journal.Journal) string {
	switch lost := j.Witness(journal.Packets).Lost; {
	case lost > 0:
		return count(int64(lost), "packet") + " lost"
	case slices.ContainsFunc(j.Events, func(e journal.Event) bool { return e.Fold != nil && e.Socket == "" && e.Fold.Events > 0 }):
		return "rounds were counted, and not kept"
	}
	return ""
}

// hashed counts the places where length and hash stand for what was sent.
func hashed(runs []report.Run) int {
	n := 0
	for i := range runs {
		for k := range runs[i].Events {
			e := &runs[i].Events[k]
			if e.Call != nil && e.Call.Digest != nil || e.Packet != nil && e.Packet.Payload != nil {
				n++
			}
		}
	}
	return n
}

// Readable says whether enough of the bundle could be read to judge it again.
func (r *Result) Readable() bool { return r.bundle != nil }

// Shorten drops the journals, for who verifies many bundles: outcomes and verdicts
// stay.
func (r *Result) Shorten() {
	for i := range r.Report.Runs {
		run := &r.Report.Runs[i]
		run.Events, run.Journal.Events, run.Histories, run.Disagreements = nil, nil, nil, nil
		run.Discrepancies = nil
	}
	if r.bundle != nil {
		r.bundle = &Bundle{Machine: r.Machine, Report: r.Report}
	}
}

// Story writes the bundle's report.md, made from its journals just now.
func (r *Result) Story(w io.Writer) error { return writeMade(w, r.bundle.story) }

// Page writes its report.html likewise.
func (r *Result) Page(w io.Writer) error { return writeMade(w, r.bundle.page) }

func writeMade(w io.Writer, render func() ([]byte, error)) error {
	b, err := render()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
