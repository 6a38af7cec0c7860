package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/schematest"
	"sockproof/lib/tcp"
)

// contradicted is a report of a run whose witnesses contradict each other twice.
func contradicted() (*Report, []tcp.Discrepancy) {
	r := selfConnection()
	ds := []tcp.Discrepancy{
		{Rule: tcp.R1, Sockets: []string{"a1"}, Hosts: []string{}, Accounts: []string{"one", "another"}, Explanation: "a filter <b>?", Events: []int{3, 7}},
		{Rule: tcp.R4, Sockets: []string{}, Hosts: []string{"a"}, Accounts: []string{"its | count", "what was seen"}, Explanation: "something", Events: []int{9}},
	}
	r.Runs[0].Discrepancies = slices.Clone(ds)
	return r, ds
}

// squeezed is a text whose lines are not wrapped.
func squeezed(t *testing.T, r *Report, write func(io.Writer, *Report) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// A reader of any text sees each rule, whom it is about, and the events.
func TestDiscrepanciesInTexts(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *Report) error{
		"text":     textIn(Style{Width: 80, Unicode: true}),
		"verbose":  textIn(Style{Width: 60, Verbosity: Verbose}),
		"markdown": func(w io.Writer, r *Report) error { return Markdown(w, r, Normal) },
		"story":    storyOf,
		"html":     pageOf,
	} {
		t.Run(name, func(t *testing.T) {
			r, ds := contradicted()
			got := squeezed(t, r, write)
			for i := range ds {
				showsDiscrepancy(t, got, &ds[i], name != "html") // there the numbers are an attribute, before the text
			}
			r.Runs[0].Discrepancies = []tcp.Discrepancy{}
			if got := squeezed(t, r, write); strings.Contains(got, "iscrepanc") {
				t.Error("discrepancies of which there is none")
			}
		})
	}
}

// showsDiscrepancy checks that a text has a discrepancy's rule, whom it is about, and the events.
func showsDiscrepancy(t *testing.T, text string, d *tcp.Discrepancy, cites bool) {
	t.Helper()
	at := regexp.MustCompile(`[ >*]` + string(d.Rule) + `\b.*`).FindString(text)
	for _, who := range slices.Concat(d.Sockets, d.Hosts) {
		if !regexp.MustCompile(`^.{0,20}\b` + who + `\b`).MatchString(at) {
			t.Errorf("%s is not about %s: %.80q", d.Rule, who, at)
		}
	}
	for _, n := range d.Events {
		if cites && !regexp.MustCompile(`^.{0,120}\b`+strconv.Itoa(n)+`\b`).MatchString(at) {
			t.Errorf("%s does not cite event %d: %.150q", d.Rule, n, at)
		}
	}
}

func TestDiscrepanciesOpenTheirEvents(t *testing.T) {
	r, ds := contradicted()
	page := rendered(t, r)
	for i := range ds {
		if !strings.Contains(page, `data-events="`+events(ds[i].Events)+`"`) {
			t.Errorf("%s opens nothing", ds[i].Rule)
		}
	}
	if strings.Contains(page, "<b>?") {
		t.Error("a text is markup")
	}
}

// A document has them as a list; a report from before they were asked for has none, and
// one of a run without any has an empty one.
func TestDiscrepanciesInDocuments(t *testing.T) {
	s := schematest.Schema(t, "report")
	r, ds := contradicted()
	for _, want := range [][]tcp.Discrepancy{nil, {}, ds} {
		r.Runs[0].Discrepancies = want
		doc := document(t, r)
		if err := s.Validate(parse(t, doc)); err != nil {
			t.Errorf("%d: %v", len(want), err)
		}
		run := parse(t, doc)["runs"].([]any)[0].(map[string]any)
		list, there := run["discrepancies"]
		if there != (want != nil) {
			t.Errorf("of %#v the document has %v", want, list)
		}
		var got Report
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got.Runs[0].Discrepancies); d != "" { // nil and empty differ
			t.Errorf("-rendered +read:\n%s", d)
		}
	}
}

// Lists that nobody filled in are empty lists in JSON, and the report is not changed.
func TestDiscrepanciesWithoutLists(t *testing.T) {
	r, _ := contradicted()
	r.Runs[0].Discrepancies = []tcp.Discrepancy{{Rule: tcp.R7, Accounts: []string{"one"}}}
	doc := document(t, r)
	if err := schematest.Schema(t, "report").Validate(parse(t, doc)); err != nil {
		t.Error(err)
	}
	if r.Runs[0].Discrepancies[0].Sockets != nil {
		t.Error("rendering changed the report")
	}
}

func TestDiscrepanciesInStreams(t *testing.T) {
	r, ds := contradicted()
	var b bytes.Buffer
	if err := streamed(&b, r); err != nil {
		t.Fatal(err)
	}
	var got []tcp.Discrepancy
	for lines := bufio.NewScanner(&b); lines.Scan(); {
		var line struct {
			Record      string
			Discrepancy struct {
				Run int
				tcp.Discrepancy
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Record != "discrepancy" {
			continue
		}
		if line.Discrepancy.Run != r.Runs[0].Run {
			t.Errorf("of run %d", line.Discrepancy.Run)
		}
		got = append(got, line.Discrepancy.Discrepancy)
	}
	if d := cmp.Diff(ds, got); d != "" {
		t.Errorf("-written +read:\n%s", d)
	}
}

func TestSchemaOfDiscrepancies(t *testing.T) {
	s := schematest.Schema(t, "report")
	fresh := func() (doc, first map[string]any) {
		r, _ := contradicted()
		doc = parse(t, document(t, r))
		run := doc["runs"].([]any)[0].(map[string]any)
		return doc, run["discrepancies"].([]any)[0].(map[string]any)
	}
	_, d := fresh()
	for field := range d {
		doc, d := fresh()
		delete(d, field)
		if s.Validate(doc) == nil {
			t.Errorf("without %s it is valid", field)
		}
	}
	doc, d := fresh()
	d["rule"] = "R9"
	if s.Validate(doc) == nil {
		t.Error("any rule is valid")
	}
}
