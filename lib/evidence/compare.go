package evidence

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/pcapng"
	"sockproof/lib/report"
)

// packets checks that what the journals say of packets follows from their bytes.
func (v *verifier) packets() {
	n := 0
	for i := range v.Report.Runs {
		r := &v.Report.Runs[i]
		at := packetBytes(r)
		for k := range r.Events {
			e := &r.Events[k]
			if e.Packet == nil || e.Packet.Bulk != nil {
				continue
			}
			raw := at(e)
			if raw == nil {
				continue
			}
			n++
			if what := misread(e.Packet, raw); what != "" {
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
		{"flags", strings.Join(p.Flags, ","), strings.Join(want.Flags, ",")},
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
	want := v.bundle.captureOf()
	events := v.seenEvents()
	for i := range max(len(got.Packets), len(want.Packets)) {
		p := Problem{File: fileCapture}
		if i < len(events) {
			p.Run, p.Event = events[i].Run, events[i].N
		}
		switch {
		case i >= len(want.Packets):
			p.Text = fmt.Sprintf("packet %d is not in %s", i+1, fileJournal)
		case i >= len(got.Packets):
			p.Text = fmt.Sprintf("packet %d of %s is missing", i+1, fileJournal)
		case !samePacket(&got.Packets[i], &want.Packets[i]):
			p.Text = fmt.Sprintf("packet %d is not that of %s", i+1, fileJournal)
		default:
			continue
		}
		v.problem(p)
		return
	}
	v.checked("%s of the capture: the same bytes, times and directions as in the journal, and no others", count(int64(len(got.Packets)), "packet"))
}

// seenEvents are the events that are packets of the capture.
func (v *verifier) seenEvents() []*journal.Event {
	var events []*journal.Event
	for i := range v.Report.Runs {
		r := &v.Report.Runs[i]
		at := packetBytes(r)
		for k := range r.Events {
			if e := &r.Events[k]; e.Packet != nil && isSeen(e.Packet) && at(e) != nil {
				events = append(events, e)
			}
		}
	}
	return events
}

// samePacket leaves the comment aside, whose words may change from version to version.
func samePacket(a, b *pcapng.Packet) bool {
	return a.Interface == b.Interface && a.T == b.T && a.Direction == b.Direction && bytes.Equal(a.Data, b.Data)
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
		findings += len(v.Report.Runs[i].Findings)
	}
	v.tally()
	v.checked("%s judged again: the same outcomes, and the same verdicts by the same events of %s", count(int64(len(v.Report.Runs)), "run"), count(int64(findings), "finding"))
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
	if written.Outcome != r.Outcome {
		problem("", "says %s; its journal is judged as %s: %s", written.Outcome, r.Outcome, r.Why)
	}
	now := map[string]*claim.Finding{}
	for i := range r.Findings {
		now[r.Findings[i].Claim] = &r.Findings[i]
	}
	for i := range written.Findings {
		f := &written.Findings[i]
		g, ok := now[f.Claim]
		switch {
		case !ok:
			problem(f.Claim, "this program does not put it to the test there, or the report has it twice")
		case f.Verdict != g.Verdict:
			problem(f.Claim, "says %s; its journal is judged as %s: %s", f.Verdict, g.Verdict, g.Because)
		case !slices.Equal(f.Events, g.Events):
			problem(f.Claim, "rests on events %v; its journal is judged by events %v", f.Events, g.Events)
		}
		delete(now, f.Claim)
	}
	for _, f := range r.Findings {
		if now[f.Claim] != nil {
			problem(f.Claim, "missing; its journal is judged as %s", f.Verdict)
		}
	}
}

// tally checks the counts as far as the runs that were kept can tell.
func (v *verifier) tally() {
	var kept report.Tally
	for i := range v.Report.Runs {
		kept.Add(v.Report.Runs[i].Outcome)
	}
	t := v.written.Tally
	more := func(all, kept int) bool { return all >= kept && (all == 0) == (kept == 0) }
	repeated := v.Machine.Repeat > 1 &&
		more(t.Reproduced, kept.Reproduced) && more(t.NotReproduced, kept.NotReproduced) && more(t.Inconclusive, kept.Inconclusive)
	if t != kept && !repeated {
		v.problem(Problem{File: fileReport, Text: fmt.Sprintf("its tally %+v is not that of its runs, %+v", t, kept)})
	}
}

// renderings compares every file with what this program makes of the same
// journals, where it is the one that made them. Another version may use other
// words.
func (v *verifier) renderings() error {
	made, here := v.Machine.Tool, v.judge.Tool
	if made.Commit == "" || made.Version != here.Version || made.Commit != here.Commit {
		v.unchecked("words: made by %s, judged by %s; verdicts were compared, and not how they are put", buildOf(made), buildOf(here))
		return nil
	}
	if !v.Holds() {
		return nil // what was found says more than that
	}
	all, err := v.bundle.render()
	if err != nil {
		return altered("", "%v", err)
	}
	for _, name := range all.names() {
		if !bytes.Equal(all[name], v.files[name]) {
			v.problem(Problem{File: name, Text: fmt.Sprintf("not what this version makes of the journal, from byte %d on", firstDifference(all[name], v.files[name]))})
		}
	}
	v.checked("every byte of every file: it is what this version makes of the journal")
	return nil
}

// buildOf names a build, as far as it is known.
func buildOf(t report.Tool) string {
	if t.Commit == "" {
		return t.Version + " of an unknown commit"
	}
	return t.Version + " " + t.Commit
}
