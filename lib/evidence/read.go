package evidence

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/tcp"
)

// written is what of report.json is compared with the journals, or taken over.
type written struct {
	Tally  report.Tally  `json:"tally"`
	Claims []claim.Total `json:"claims"`
	Runs   []writtenRun  `json:"runs"`
}

// writtenRun is what report.json concludes from a run.
type writtenRun struct {
	Title         string            `json:"title"`
	Outcome       claim.Outcome     `json:"outcome"`
	Histories     []claim.History   `json:"histories"`
	Discrepancies []tcp.Discrepancy `json:"discrepancies"` // nil: of a version that did not confront the witnesses
	Findings      []claim.Finding   `json:"findings"`
}

// read reads the sources: machine.json, the journals and what report.json concludes.
func (v *verifier) read() error {
	for _, name := range []string{fileJournal, fileMachine, fileReport} {
		if what := tooMuch(v.files[name]); what != "" {
			return &ForeignError{v.Path, fmt.Sprintf("not evidence: %s has %s", name, what)}
		}
	}
	if err := v.readMachine(); err != nil {
		return err
	}
	if err := v.readJournals(); err != nil {
		return err
	}
	if err := json.Unmarshal(v.files[fileReport], &v.written); err != nil {
		return altered(fileReport, "%v", err)
	}
	return nil
}

func (v *verifier) readMachine() error {
	if err := json.Unmarshal(v.files[fileMachine], &v.Machine); err != nil {
		return altered(fileMachine, "%v", err)
	}
	m := &v.Machine
	switch family := strings.TrimSuffix(MachineSchema, "v1"); {
	case m.Schema == MachineSchema:
	case strings.HasPrefix(m.Schema, family):
		return &ForeignError{v.Path, fmt.Sprintf("%s of version %q; this program reads v1", fileMachine, strings.TrimPrefix(m.Schema, family))}
	default:
		return altered(fileMachine, "its schema is %q, not %q", m.Schema, MachineSchema)
	}
	if m.Tool.Name != v.judge.Tool.Name {
		return &ForeignError{v.Path, fmt.Sprintf("evidence of %q: give it to that, not to %s", m.Tool.Name, v.judge.Tool.Name)}
	}
	return nil
}

// readJournals reads journal.jsonl, of a bounded number of events, which must be
// numbered through all runs.
func (v *verifier) readJournals() error {
	b := v.files[fileJournal]
	if n := bytes.Count(b, []byte("\n")); n > 2*maxEvents { // a run without events is a line too
		return &ForeignError{v.Path, fmt.Sprintf("not evidence: %s has %d lines; evidence has at most %d events", fileJournal, n, maxEvents)}
	}
	if n := longestLine(b); n > maxLine {
		return &ForeignError{v.Path, fmt.Sprintf("not evidence: a line of %s has %d bytes; evidence has at most %s", fileJournal, n, inWords(maxLine))}
	}
	var err error
	if v.journals, err = journal.Read(bytes.NewReader(b)); err != nil {
		return altered(fileJournal, "%v", err)
	}
	if text := tooMany(v.journals); text != "" {
		return &ForeignError{v.Path, fmt.Sprintf("not evidence: %s: %s", fileJournal, text)}
	}
	if len(v.journals) == 0 {
		return altered(fileJournal, "it has no run, and is evidence of nothing")
	}
	for i := range v.journals {
		if err := headed(&v.journals[i]); err != nil {
			return err
		}
	}
	return numbered(v.journals)
}

// isOther says whether an address is not of a family.
func isOther(a netip.Addr, f journal.Family) bool {
	return a.IsValid() && a.Is6() != (f == journal.IPv6)
}

// headed checks that a run's events are such as its head says that it has: what the head says of
// its witnesses decides how much the events are held against each other.
func headed(j *journal.Journal) error {
	packets := j.Witness(journal.Packets)
	if j.Network == journal.Wire && packets.Lost > 0 {
		return altered(fileJournal, "run %d: %d packets of the wire were lost, which the program itself carries", j.Run, packets.Lost)
	}
	for i := range j.Events {
		switch e := &j.Events[i]; {
		case e.Packet == nil:
		case packets.Status != journal.Attached:
			return altered(fileJournal, "event %d is a packet, and packets were not seen in run %d: %s", e.N, j.Run, cmp.Or(packets.Reason, packets.Status, "no such witness"))
		case e.Packet.Proto == "" && j.Network != journal.HostNet && isOther(e.Packet.Src.IP(), j.Family): // TCP; on the host it may be another program's
			return altered(fileJournal, "event %d is a packet from %s, and run %d was over %s", e.N, e.Packet.Src, j.Run, j.Family)
		}
	}
	return nil
}

// numbered checks that runs and events have the numbers that a program gives them.
// A number is left out for a run that was not kept, between two that were; what is
// folded within a run has the fold's one number.
func numbered(journals []journal.Journal) error {
	run, event := 0, 0
	known := true // which number the next event has
	for i := range journals {
		j := &journals[i]
		if j.Run <= run {
			return altered(fileJournal, "run %d follows run %d", j.Run, run)
		}
		known = known && j.Run == run+1
		run = j.Run
		for k := range j.Events {
			n := j.Events[k].N
			if n <= event {
				return altered(fileJournal, "event %d follows event %d", n, event)
			}
			if known && n != event+1 {
				return &alteredError{Problem{File: fileJournal, Run: run, Event: n, Text: fmt.Sprintf("event %d is not there", event+1)}}
			}
			event, known = n, true
		}
	}
	return nil
}

// judgeAgain makes the report anew, from the journals and with this program's
// claims. Only what no journal has is taken over from report.json: how many runs
// there were, the verdicts over those that were not kept, and why a scenario took the
// default's place.
func (v *verifier) judgeAgain() {
	v.Report = report.Report{
		Schema: report.Schema, Tool: v.Machine.Tool, Started: v.Machine.Started, Machine: v.Machine.Machine,
		Tally: v.written.Tally, Claims: slices.Clone(v.written.Claims), Runs: []report.Run{},
	}
	for i, j := range v.journals {
		run, ok := v.judge.Report(j)
		if !ok {
			v.problem(Problem{File: fileJournal, Run: j.Run, Text: fmt.Sprintf("its scenario %q is none of this version's of %s", j.Scenario, v.judge.Tool.Name)})
			run = report.NewRun(j, "", "", "", nil)
		}
		if i < len(v.written.Runs) {
			run.Title = v.title(&run, v.written.Runs[i].Title)
		}
		v.Report.Runs = append(v.Report.Runs, run)
	}
	settleTotals(v.Report.Claims, v.Report.Runs)
	v.bundle = &Bundle{Machine: v.Machine, Report: v.Report}
	if !same(v.Machine.Runs, factsOf(v.Report.Runs)) {
		v.problem(Problem{File: fileMachine, Text: "its runs and their witnesses are not those of " + fileJournal})
	}
}

// maxReason bounds what is taken over as a reason, in bytes.
const maxReason = 1000

// title is a run's title: as written, where that says no more than why the run took
// the place of the default scenario, which a call without arguments wants; no
// journal has that.
func (v *verifier) title(r *report.Run, written string) string {
	why, ok := strings.CutPrefix(written, r.Title+" ("+v.judge.Standard+report.Unavailable)
	why, closed := strings.CutSuffix(why, ")")
	if !ok || !closed || why == "" || len(why) > maxReason || v.judge.Standard == "" || r.Scenario == v.judge.Standard {
		return r.Title
	}
	v.unchecked("run %d: why it took the place of %s, %q: only %s has that", r.Run, v.judge.Standard, why, fileReport)
	return written
}

// same compares two things as their JSON has them, so that an empty list is none.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
