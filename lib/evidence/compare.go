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
	"sockproof/lib/pcapng"
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

// capture checks that the capture has the journals' packets and no others.
func (v *verifier) capture() {
	got, err := pcapng.Decode(v.files[fileCapture])
	if err != nil {
		v.problem(Problem{File: fileCapture, Text: err.Error()})
		return
	}
	is := IsFirst
	if strings.Contains(got.Section.Comment, capturedTwice) {
		is = isSeenAnywhere
	}
	want, events := v.bundle.captureOf(is).Packets, v.seenEvents(is)
	for i := range max(len(got.Packets), len(want)) {
		p := Problem{File: fileCapture}
		if i < len(events) {
			p.Run, p.Event = events[i].Run, events[i].N
		}
		switch {
		case i >= len(want):
			p.Text = fmt.Sprintf("packet %d is not in %s", i+1, fileJournal)
		case i >= len(got.Packets):
			p.Text = fmt.Sprintf("packet %d of %s is missing", i+1, fileJournal)
		case !samePacket(&got.Packets[i], &want[i]):
			p.Text = fmt.Sprintf("packet %d is not that of %s", i+1, fileJournal)
		default:
			continue
		}
		v.problem(p)
		return
	}
	v.checked("%s of the capture: the same bytes, times and directions as in the journal, and no others", count(int64(len(got.Packets)), "packet"))
}

// capturedTwice is in the comment of a capture that has a packet wherever it was seen.
const capturedTwice = "A packet that crossed the wire is here twice"

// seenEvents are the events that are packets of the capture.
func (v *verifier) seenEvents(is func(*journal.Packet) bool) []*journal.Event {
	var events []*journal.Event
	for i := range v.Report.Runs {
		r := &v.Report.Runs[i]
		at := packetBytes(r)
		for k := range r.Events {
			if e := &r.Events[k]; e.Packet != nil && is(e.Packet) && at(e) != nil {
				events = append(events, e)
			}
		}
	}
	return events
}

// samePacket compares all but the words of comments.
func samePacket(a, b *pcapng.Packet) bool {
	return a.Interface == b.Interface && a.T == b.T && a.Direction == b.Direction && bytes.Equal(a.Data, b.Data)
}

// report compares what report.json concludes with what the journals are judged as now.
func (v *verifier) report() {
	if len(v.written.Runs) != len(v.Report.Runs) {
		v.problem(Problem{File: fileReport, Text: fmt.Sprintf("%d runs; %s has %d", len(v.written.Runs), fileJournal, len(v.Report.Runs))})
	}
	findings := 0
	for i := range min(len(v.written.Runs), len(v.Report.Runs)) {
		written, r := &v.written.Runs[i], &v.Report.Runs[i]
		findings += len(r.Findings)
		if !v.contradicted(written, r) {
			v.verdicts(written, r)
		}
		if !same(present(written.Histories), present(r.Histories)) {
			v.problem(Problem{File: fileReport, Run: r.Run, Text: "its sockets' states are not those of " + fileJournal})
		}
	}
	v.checked("the witnesses of %s held against each other: the report shows where they contradict each other", count(int64(len(v.Report.Runs)), "run"))
	v.checked("%s judged again: the same outcomes, and the same verdicts of %s", count(int64(len(v.Report.Runs)), "run"), count(int64(findings), "finding"))
}

// verdicts compares outcome and findings.
func (v *verifier) verdicts(written *writtenRun, r *report.Run) {
	problem := func(claim, format string, args ...any) {
		v.problem(Problem{File: fileReport, Run: r.Run, Claim: claim, Text: fmt.Sprintf(format, args...)})
	}
	if written.Outcome != r.Outcome {
		problem("", "says %s; its journal is judged as %s: %s", written.Outcome, r.Outcome, r.Why)
	}
	// Another build may put a claim otherwise, or to the test elsewhere.
	here := sameBuild(v.Machine.Tool, v.judge.Tool)
	now := map[string]*claim.Finding{}
	for i := range r.Findings {
		now[r.Findings[i].Claim] = &r.Findings[i]
	}
	for i := range written.Findings {
		f := &written.Findings[i]
		g := now[f.Claim]
		switch {
		case g == nil && here:
			problem(f.Claim, "this program does not put it to the test there, or the report has it twice")
		case g == nil:
			v.unchecked("run %d: the verdict of %s: this program does not put it to the test there", r.Run, f.Claim)
		case !here && f.Statement != g.Statement:
			v.unchecked("run %d: the verdict of %s: not compared, its statement was reworded since", r.Run, f.Claim)
		case f.Verdict != g.Verdict:
			problem(f.Claim, "says %s; its journal is judged as %s: %s", f.Verdict, g.Verdict, g.Because)
		}
		delete(now, f.Claim)
	}
	for _, f := range r.Findings {
		switch {
		case now[f.Claim] == nil:
		case here:
			problem(f.Claim, "missing; its journal is judged as %s", f.Verdict)
		default:
			v.unchecked("run %d: a verdict of %s: the version that made it did not put it to the test there", r.Run, f.Claim)
		}
	}
}

// contradicted compares where the witnesses of a run contradict each other. A report from
// before they were confronted cannot say: what it concludes is then not compared.
func (v *verifier) contradicted(written *writtenRun, r *report.Run) (notCompared bool) {
	known := map[string]int{}
	for i := range written.Discrepancies {
		known[accountOf(&written.Discrepancies[i])]++
	}
	for i := range r.Discrepancies {
		d := &r.Discrepancies[i]
		switch {
		case written.Discrepancies == nil:
			v.unchecked("run %d: its verdicts, for its witnesses contradict each other, which the version that made it did not ask (%s): %s", r.Run, d.Rule, d)
			return true
		case known[accountOf(d)] == 0:
			v.problem(Problem{File: fileReport, Run: r.Run, Event: firstOf(d.Events), Text: fmt.Sprintf("does not say that its witnesses contradict each other (%s): %s", d.Rule, d)})
		default:
			known[accountOf(d)]--
		}
	}
	maps.DeleteFunc(known, func(_ string, n int) bool { return n == 0 })
	for _, text := range slices.Sorted(maps.Keys(known)) {
		v.problem(Problem{File: fileReport, Run: r.Run, Text: "says that its witnesses contradict each other, which those of " + fileJournal + " do not: " + text})
	}
	return false
}

// accountOf is what a discrepancy is about, however it is put. Two counters of a host that were
// read together are about the same.
func accountOf(d *tcp.Discrepancy) string {
	return fmt.Sprint(d.Rule, " ", d.Sockets, " ", d.Hosts, " ", d.Events)
}

func firstOf(events []int) int {
	if len(events) == 0 {
		return 0
	}
	return events[0]
}

// present makes no list an empty one.
func present[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// maxRepeats bounds what a tally may count, so that sums of it are numbers.
const maxRepeats = 1 << 30

// tally checks that the counts, and the verdicts over repeated runs, can be those of the
// runs that were kept, which are the first of each outcome.
func (v *verifier) tally() {
	var kept report.Tally
	for i := range v.written.Runs {
		kept.Add(v.written.Runs[i].Outcome)
	}
	t := v.written.Tally
	for _, n := range [][2]int{{t.Reproduced, kept.Reproduced}, {t.NotReproduced, kept.NotReproduced}, {t.Inconclusive, kept.Inconclusive}} {
		if all, kept := n[0], n[1]; all < kept || all > maxRepeats || (all == 0) != (kept == 0) || v.Machine.Repeat <= 1 && all != kept {
			v.problem(Problem{File: fileReport, Text: fmt.Sprintf("its tally %+v is not that of its runs", t)})
			return
		}
	}
	for i := range v.written.Claims {
		if what := v.total(&v.written.Claims[i]); what != "" {
			v.problem(Problem{File: fileReport, Claim: v.written.Claims[i].Claim, Text: "over all runs: " + what})
		}
	}
}

// total says why a verdict over all runs cannot be; "": it can.
func (v *verifier) total(t *claim.Total) string {
	var kept, counted claim.Total
	for i := range min(len(v.written.Runs), len(v.Report.Runs)) {
		for _, f := range v.written.Runs[i].Findings {
			if v.Report.Runs[i].Scenario == t.Scenario && f.Claim == t.Claim {
				kept.Add(v.Report.Runs[i].Run, f)
			}
		}
	}
	for _, c := range []struct {
		verdict claim.Verdict
		times   int
	}{{claim.Confirmed, t.Confirmed}, {claim.Refuted, t.Refuted}, {claim.Inconclusive, t.Inconclusive}} {
		if c.times > 0 {
			counted.Add(1, claim.Finding{Quantity: t.Quantity, Verdict: c.verdict})
		}
	}
	switch {
	case kept.Confirmed+kept.Refuted+kept.Inconclusive == 0:
		return "of no run that was kept"
	case t.Confirmed < kept.Confirmed || t.Refuted < kept.Refuted || t.Inconclusive < kept.Inconclusive ||
		max(t.Confirmed, t.Refuted, t.Inconclusive) > v.Machine.Repeat:
		return fmt.Sprintf("%d confirmed, %d refuted, %d inconclusive are not those of its runs", t.Confirmed, t.Refuted, t.Inconclusive)
	case t.Verdict != counted.Verdict:
		return fmt.Sprintf("says %s; what it counts comes to %s", t.Verdict, counted.Verdict)
	}
	return ""
}

// renderings compares every file with what this program makes of the same journals. If
// it is the build that made them, each must be that; another may use other words.
func (v *verifier) renderings() {
	if !v.Holds() {
		return // what was found says more than that
	}
	here := sameBuild(v.Machine.Tool, v.judge.Tool)
	made, err := v.bundle.render()
	if err != nil && here {
		v.problem(Problem{Text: err.Error()})
		return
	}
	delete(made, fileManifest) // what it says was compared
	var others []string
	for _, name := range made.names() {
		switch {
		case bytes.Equal(made[name], v.files[name]):
		case here:
			v.problem(Problem{File: name, Text: fmt.Sprintf("not what this version makes of the journal, from byte %d on", firstDifference(made[name], v.files[name]))})
		default:
			others = append(others, name)
		}
	}
	if len(others) > 0 || err != nil {
		v.unchecked("the words of %s: made by %s, judged by %s, which puts them otherwise; --format text, markdown or html makes its report again",
			strings.Join(others, ", "), buildOf(v.Machine.Tool), buildOf(v.judge.Tool))
		return
	}
	v.checked("every byte of every file that the manifest lists: it is what this version makes of the journal")
}

// dirty is how a commit ends whose sources had been changed.
const dirty = "-dirty"

// sameBuild says whether a bundle was made by the very sources of this program.
func sameBuild(made, here report.Tool) bool {
	return made.Commit != "" && !strings.HasSuffix(made.Commit, dirty) && made.Version == here.Version && made.Commit == here.Commit
}

// buildOf names a build, as far as it is known.
func buildOf(t report.Tool) string {
	if t.Commit == "" {
		return t.Version + " of an unknown commit"
	}
	return t.Version + " " + t.Commit
}
