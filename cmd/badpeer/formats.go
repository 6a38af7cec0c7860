package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// junit writes the runs as test cases, as CI servers read them.
func (r *peerReport) junit(w io.Writer) error {
	type message struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Failure *message `xml:"failure,omitempty"`
		Skipped *message `xml:"skipped,omitempty"`
	}
	type suite struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Cases    []testcase `xml:"testcase"`
	}
	s := suite{Name: "badpeer", Tests: len(r.Runs), Failures: r.Tally[failed], Skipped: r.Tally[undecided]}
	for i := range r.Runs {
		one := &r.Runs[i]
		t := testcase{Name: r.name(i), Class: "badpeer." + r.Mode}
		m := &message{Message: clean(one.Why), Text: clean(one.Remedy)}
		switch one.Word {
		case failed:
			t.Failure = m
		case undecided:
			t.Skipped = m
		}
		s.Cases = append(s.Cases, t)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// name is a run's.
func (r *peerReport) name(i int) string {
	name := r.Mode + " " + r.Protocol
	if r.Program != "" {
		name += " " + clean(r.Program)
	}
	if len(r.Runs) > 1 {
		name += fmt.Sprintf(" (run %d)", i+1)
	}
	return name
}

// tap writes the runs as points of TAP 13: undecided ones are skipped.
func (r *peerReport) tap(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", len(r.Runs))
	for i := range r.Runs {
		one := &r.Runs[i]
		ok := map[bool]string{true: "not ok", false: "ok"}[one.Word == failed]
		fmt.Fprintf(&b, "%s %d - %s", ok, i+1, strings.ReplaceAll(r.name(i), "#", `\#`))
		if one.Word == undecided {
			fmt.Fprintf(&b, " # SKIP %s", clean(one.Why))
		}
		fmt.Fprintf(&b, "\n  ---\n  verdict: %s\n  why: %q\n  ...\n", one.Word, one.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// clean is a text on one line without control characters, which XML does not take.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
