package evidence

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/report"
	"sockproof/lib/tcp"
)

// packets checks that what the journals say of packets follows from their bytes.
func (v *verifier) packets() {
	n := 0
	for i := range v.Report.Runs {
		r := &v.Report.Runs[i]
		at := packetBytes(r)
		for k := range r.Events {
			e := &r.Events[k]
			if e.Packet == nil {
				continue
			}
			raw, what := at(e), ""
			switch {
			case e.Packet.Bulk != nil: // of which there are no bytes
			case raw != nil:
				n++
				what = misread(e.Packet, raw)
			case r.Network != journal.HostNet: // there, others' are not kept, which notes say
				what = "its bytes are not there: on " + string(r.Network) + " every packet's are kept"
			}
			if what != "" {
				v.problem(Problem{File: fileJournal, Run: r.Run, Event: e.N, Text: what})
			}
		}
	}
	v.checked("%s: what is said of each follows from its bytes", count(int64(n), "packet"))
}

// misread says what is said of a packet that its bytes do not.
func misread(p *journal.Packet, raw []byte) string {
	decoded, _ := packet.Decode(raw) // what is no packet decodes as such, and so it must say
	want := packet.Event(decoded, p.At)
	for _, f := range []struct {
		what      string
		said, has any
	}{
		{"src", p.Src, want.Src},
		{"dst", p.Dst, want.Dst},
		{"proto", p.Proto, want.Proto},
		{"flags", strings.Join(p.FlagNames(), ","), strings.Join(want.FlagNames(), ",")},
		{"seq", p.Seq, want.Seq},
		{"ack", p.Ack, want.Ack},
		{"win", p.Win, want.Win},
		{"len", p.Len, want.Len},
		{"options", strings.Join(p.Options, ", "), strings.Join(want.Options, ", ")},
	} {
		if f.said != f.has {
			return fmt.Sprintf("%s is said to be %v, its bytes have %v", f.what, f.said, f.has)
		}
	}
	if d := p.Payload; d != nil && (d.Len != len(decoded.Payload) || len(bytes.Trim(decoded.Payload, "\x00")) > 0) {
		return "its payload is said not to be kept, but it is, or has another length"
	}
	if len(decoded.Raw) != len(raw) {
		return fmt.Sprintf("it has %d bytes, of which %d are a packet", len(raw), len(decoded.Raw))
	}
	return ""
}

// report compares report.json with the journals, and its verdicts with those that
// they get now.
func (v *verifier) report() {
	w := &v.written
	if w.Tool != v.Machine.Tool || !w.Started.Equal(v.Machine.Started) || !same(w.Machine, v.Machine.Machine) {
		v.problem(Problem{File: fileReport, Text: "its tool, start or machine is not that of " + fileMachine})
	}
	if len(w.Runs) != len(v.Report.Runs) {
		v.problem(Problem{File: fileReport, Text: fmt.Sprintf("%d runs; %s has %d", len(w.Runs), fileJournal, len(v.Report.Runs))})
	}
	findings := 0
	for i := range min(len(w.Runs), len(v.Report.Runs)) {
		v.events(&w.Runs[i], &v.Report.Runs[i])
		v.verdicts(&w.Runs[i], &v.Report.Runs[i])
		v.states(&w.Runs[i], &v.Report.Runs[i])
		v.table(&w.Runs[i], &v.Report.Runs[i])
		findings += len(v.Report.Runs[i].Findings)
	}
	v.tally()
	v.checked("%s judged again: the same outcomes, and the same verdicts of %s", count(int64(len(v.Report.Runs)), "run"), count(int64(findings), "finding"))
}

// events checks that a run of report.json has the journal's events.
func (v *verifier) events(written, r *report.Run) {
	problem := func(event int, format string, args ...any) {
		v.problem(Problem{File: fileReport, Run: r.Run, Event: event, Text: fmt.Sprintf(format, args...)})
	}
	head, headWritten := r.Journal, written.Journal
	head.Events, headWritten.Events = nil, nil
	head.Witnesses, headWritten.Witnesses = slices.Concat(head.Witnesses), slices.Concat(headWritten.Witnesses)
	head.Sockets, headWritten.Sockets = slices.Concat(head.Sockets), slices.Concat(headWritten.Sockets)
	if !same(head, headWritten) {
		problem(0, "what it says of the run is not what %s says", fileJournal)
	}
	for i := range min(len(r.Events), len(written.Events)) {
		if !same(report.Complete(r.Events[i]), report.Complete(written.Events[i])) {
			problem(r.Events[i].N, "not that of %s", fileJournal)
			return
		}
	}
	if len(r.Events) != len(written.Events) {
		problem(0, "%d events; %s has %d", len(written.Events), fileJournal, len(r.Events))
	}
}

// verdicts compares outcome and findings.
func (v *verifier) verdicts(written, r *report.Run) {
	problem := func(claim, format string, args ...any) {
		v.problem(Problem{File: fileReport, Run: r.Run, Claim: claim, Text: fmt.Sprintf(format, args...)})
	}
	if v.contradicted(written, r) {
		return
	}
	if written.Outcome != r.Outcome {
		problem("", "says %s; its journal is judged as %s: %s", written.Outcome, r.Outcome, r.Why)
	}
	// Another build may put a claim otherwise, or to the test elsewhere, and rest a verdict
	// on other events.
	here := sameBuild(v.Machine.Tool, v.judge.Tool)
	now, seen := map[string]*claim.Finding{}, map[string]bool{}
	for i := range r.Findings {
		now[r.Findings[i].Claim] = &r.Findings[i]
	}
	for i := range written.Findings {
		f := &written.Findings[i]
		g, ok := now[f.Claim]
		switch {
		case !here && ok && f.Statement != g.Statement:
			v.unchecked("run %d: the verdict of %s: not compared, its statement was reworded since", r.Run, f.Claim)
		case !ok && !here && !seen[f.Claim]:
			v.unchecked("run %d: the verdict of %s: this program does not put it to the test there", r.Run, f.Claim)
		case !ok:
			problem(f.Claim, "this program does not put it to the test there, or the report has it twice")
		case f.Verdict != g.Verdict:
			problem(f.Claim, "says %s; its journal is judged as %s: %s", f.Verdict, g.Verdict, g.Because)
		case f.Quantity != g.Quantity:
			problem(f.Claim, "is said to claim what %s is; it claims what %s is", f.Quantity, g.Quantity)
		case here && !slices.Equal(f.Events, g.Events):
			problem(f.Claim, "rests on events %v; its journal is judged by events %v", f.Events, g.Events)
		}
		delete(now, f.Claim)
		seen[f.Claim] = true
	}
	for _, f := range r.Findings {
		if now[f.Claim] != nil && !here {
			v.unchecked("run %d: a verdict of %s: the version that made it did not put it to the test there", r.Run, f.Claim)
			continue
		}
		if now[f.Claim] != nil {
			problem(f.Claim, "missing; its journal is judged as %s", f.Verdict)
		}
	}
}

// contradicted compares where the witnesses of a run contradict each other. A report from
// before they were confronted cannot say: what it concludes is then not compared.
func (v *verifier) contradicted(written, r *report.Run) (notCompared bool) {
	known := map[string]bool{}
	for i := range written.Discrepancies {
		known[accountOf(&written.Discrepancies[i])] = true
	}
	for i := range r.Discrepancies {
		d := &r.Discrepancies[i]
		switch {
		case written.Discrepancies == nil:
			v.unchecked("run %d: its verdicts, for its witnesses contradict each other, which the version that made it did not ask (%s): %s", r.Run, d.Rule, d)
			return true
		case !known[accountOf(d)]:
			v.problem(Problem{File: fileReport, Run: r.Run, Event: firstOf(d.Events), Text: fmt.Sprintf("does not say that its witnesses contradict each other (%s): %s", d.Rule, d)})
		}
		delete(known, accountOf(d))
	}
	for _, text := range slices.Sorted(maps.Keys(known)) {
		v.problem(Problem{File: fileReport, Run: r.Run, Text: "says that its witnesses contradict each other, which those of " + fileJournal + " do not: " + text})
	}
	return false
}

// accountOf is what a discrepancy is about, however it is put.
func accountOf(d *tcp.Discrepancy) string {
	return fmt.Sprint(d.Rule, " ", d.Sockets, " ", d.Hosts, " ", d.Events)
}

func firstOf(events []int) int {
	if len(events) == 0 {
		return 0
	}
	return events[0]
}

// states compares the sockets' histories, and where witnesses disagree.
func (v *verifier) states(written, r *report.Run) {
	if !same(present(written.Histories), present(r.Histories)) {
		v.problem(Problem{File: fileReport, Run: r.Run, Text: "its sockets' states are not those of " + fileJournal})
	}
	where := func(ds []claim.Disagreement) []claim.Disagreement {
		ds = present(slices.Clone(ds))
		for i := range ds {
			ds[i].Text = ""
		}
		return ds
	}
	if !same(where(written.Disagreements), where(r.Disagreements)) {
		v.problem(Problem{File: fileReport, Run: r.Run, Text: "where its witnesses disagree is not where those of " + fileJournal + " do"})
	}
}

// table compares the scenario's table: its size, what each cell rests on, and what it
// names: flags, states, errors and numbers, however it is put. Another build may have
// another table.
func (v *verifier) table(written, r *report.Run) {
	if !sameBuild(v.Machine.Tool, v.judge.Tool) {
		return
	}
	type cell struct {
		Events []int
		Names  []string
	}
	cells := func(t *claim.Comparison) []cell {
		if t == nil {
			return nil
		}
		all := []cell{{Events: []int{len(t.Ways), len(t.Rows)}}}
		for _, way := range t.Ways {
			all = append(all, cell{Names: present(namesIn(way))})
		}
		for i := range t.Rows {
			for _, c := range t.Rows[i].Cells {
				all = append(all, cell{present(c.Events), present(namesIn(c.Text))})
			}
			all = append(all, cell{}) // the row ends
		}
		return all
	}
	if !same(cells(written.Comparison), cells(r.Comparison)) {
		v.problem(Problem{File: fileReport, Run: r.Run, Text: "its table does not say of the events of " + fileJournal + " what it says now"})
	}
}

// present makes no list an empty one.
func present[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
