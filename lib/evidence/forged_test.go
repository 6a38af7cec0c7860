package evidence

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/pcapng"
	"sockproof/lib/report"
)

// rewritten lets a forger change a bundle's JSON and capture, in their one form, and
// makes the manifest right again.
func rewritten(t *testing.T, all files, machine func(*Machine), doc func(*report.Report), capture func(*pcapng.Capture)) {
	t.Helper()
	b, err := readBack(all)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pcapng.Decode(all[fileCapture])
	if err != nil {
		t.Fatal(err)
	}
	if machine != nil {
		machine(&b.Machine)
	}
	if doc != nil {
		doc(&b.Report)
	}
	if capture != nil {
		capture(c)
	}
	for name, again := range map[string]func() ([]byte, error){fileMachine: b.machine, fileReport: b.report, fileCapture: c.Encode} {
		if all[name], err = again(); err != nil {
			t.Fatal(err)
		}
	}
	all[fileManifest] = nil
	delete(all, fileManifest)
	all[fileManifest] = manifestOf(all)
}

func readBack(all files) (*Bundle, error) {
	var b Bundle
	if err := json.Unmarshal(all[fileMachine], &b.Machine); err != nil {
		return nil, err
	}
	return &b, json.Unmarshal(all[fileReport], &b.Report)
}

// elsewhere is another build: its sources are the same.
func elsewhere() Judge {
	other := judge
	other.Tool.Commit = "fedcba9"
	return other
}

// disagreeing is a bundle whose witnesses do not agree.
func disagreeing(t *testing.T) *Bundle {
	p := &play{cross(t, addrA, addrB)}
	for _, s := range []journal.State{
		{To: journal.SynSent, Witness: journal.SockDiag},
		{From: journal.SynSent, To: journal.SynRecv, Witness: journal.SockDiag},
		{From: journal.SynRecv, To: journal.Established, Witness: journal.SockDiag},
		{From: journal.SynRecv, To: journal.Established, Witness: journal.TCPInfo},
		{From: journal.Established, To: journal.CloseWait, Witness: journal.SockDiag},
		{To: journal.LastAck, Witness: journal.TCPInfo},
		{To: journal.LastAck, Witness: journal.SockDiag},
	} {
		p.add(journal.Event{Host: "b", Socket: "b1", Kind: journal.KindState, State: &s})
	}
	b := New(reportOf(p.Journal), How{Repeat: 1, Label: "here"})
	if len(b.Report.Runs[0].Disagreements) == 0 {
		t.Fatal("they agree")
	}
	return b
}

// firstRun changes the first run of a report.
func firstRun(change func(*report.Run)) func(*report.Report) {
	return func(r *report.Report) { change(&r.Runs[0]) }
}

// forgeriesElsewhere are changes to a bundle of another build, and what is found.
var forgeriesElsewhere = map[string]struct {
	machine func(*Machine)
	doc     func(*report.Report)
	capture func(*pcapng.Capture)
	want    string
}{
	"states": {doc: firstRun(func(r *report.Run) {
		for i := range r.Histories {
			for k := range r.Histories[i].States {
				r.Histories[i].States[k].State = journal.TimeWait
			}
		}
	}), want: "report.json, run 1: its sockets' states"},
	"who saw a state": {doc: firstRun(func(r *report.Run) { r.Histories[0].States[0].Witnesses[0] = journal.Trace }), want: "report.json, run 1: its sockets' states"},
	"no states":       {doc: firstRun(func(r *report.Run) { r.Histories = nil }), want: "report.json, run 1: its sockets' states"},
	"invented": {doc: firstRun(func(r *report.Run) {
		r.Disagreements = append(r.Disagreements, claim.Disagreement{Socket: "a1", Text: "x", Events: []int{1}})
	}), want: "report.json, run 1: where its witnesses disagree"},
	"agreed":        {doc: firstRun(func(r *report.Run) { r.Disagreements = nil }), want: "report.json, run 1: where its witnesses disagree"},
	"quantity":      {doc: firstRun(func(r *report.Run) { r.Findings[0].Quantity = claim.Always }), want: "report.json, run 1, claim T1: is said to claim what always is"},
	"interface":     {capture: func(c *pcapng.Capture) { c.Interfaces[0].Name = "run1.z" }, want: "wire.pcapng: its interfaces"},
	"name":          {capture: func(c *pcapng.Capture) { c.Names[0].Name = "z" }, want: "wire.pcapng: its names"},
	"received":      {capture: func(c *pcapng.Capture) { c.Statistics[0].Received++ }, want: "wire.pcapng: its statistics"},
	"no statistics": {capture: func(c *pcapng.Capture) { c.Statistics = nil }, want: "wire.pcapng: its statistics"},
	"bulk":          {capture: func(c *pcapng.Capture) { c.Statistics[0].Comment = "9 packets of bulk" }, want: "wire.pcapng: its statistics"},
	"kernel":        {capture: func(c *pcapng.Capture) { c.Section.OS = "Linux 2.0" }, want: "wire.pcapng: its section"},
	"event of a packet": {capture: func(c *pcapng.Capture) {
		c.Packets[1].Comment = strings.Replace(c.Packets[1].Comment, "event 2", "event 5", 1)
	}, want: "wire.pcapng, run 1, event 3: the comment"},
	"state after it": {capture: func(c *pcapng.Capture) {
		c.Packets[1].Comment = strings.Replace(c.Packets[1].Comment, "SYN_RECV", "CLOSING", 1)
	}, want: "wire.pcapng, run 1, event 3: the comment"},
	"no commit, states": {machine: func(m *Machine) { m.Tool.Commit = "" }, doc: firstRun(func(r *report.Run) { r.Histories = nil }), want: "report.json, run 1: its sockets' states"},
	"times":             {machine: func(m *Machine) { m.Repeat = 0 }, want: "report.json: machine.json says that each scenario was to be run 0 times"},
	"over all runs": {doc: func(r *report.Report) {
		r.Claims = []claim.Total{{Scenario: "cross", Claim: "T1", Verdict: claim.Refuted, Run: 1, Refuted: 1}}
	}, want: "report.json, claim T1: a verdict over runs that there were not"},
	"another's schema":   {doc: func(r *report.Report) { r.Tally.Reproduced++ }, want: "report.json: its tally"},
	"title, no fallback": {doc: firstRun(func(r *report.Run) { r.Title += " (elsewhere)" }), want: "not checked: report.json: "},
	"because":            {doc: firstRun(func(r *report.Run) { r.Findings[0].Because = "it is refuted" }), want: "not checked: report.json: "},
	"disagreeing words":  {doc: firstRun(func(r *report.Run) { r.Disagreements[0].Text = "it is refuted" }), want: "not checked: report.json: "},
	"words of a comment": {capture: func(c *pcapng.Capture) { c.Section.Comment = "refuted" }, want: "not checked: wire.pcapng: "},
}

// TestForgeriesOfAnotherBuild: what a bundle says of the build that made it switches
// no check off but that of words, and files whose words differ are named.
func TestForgeriesOfAnotherBuild(t *testing.T) {
	for name, tt := range forgeriesElsewhere {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, disagreeing(t))
			rewritten(t, all, tt.machine, tt.doc, tt.capture)
			if tt.machine != nil {
				rewritten(t, all, nil, func(r *report.Report) {
					b, _ := readBack(all)
					r.Tool = b.Machine.Tool
				}, func(c *pcapng.Capture) {
					b, _ := readBack(all)
					c.Section.Application = strings.Join(strings.Fields(b.Machine.Tool.Name+" "+b.Machine.Tool.Version+" "+b.Machine.Tool.Commit), " ")
				})
			}
			wantFound(t, all, elsewhere(), tt.want)
		})
	}
}

// wantFound checks that a problem begins so, or that nothing is wrong and something
// is not checked that begins so.
func wantFound(t *testing.T, all files, j Judge, want string) {
	t.Helper()
	r, err := verify("e", all, j)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{}
	for _, p := range r.Problems {
		texts = append(texts, p.String())
	}
	if what, ok := strings.CutPrefix(want, "not checked: "); ok {
		if !r.Holds() {
			t.Errorf("problems %q", texts)
		}
		texts, want = r.Unchecked, what
	}
	if !slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, want) }) {
		t.Errorf("%q, want one that begins with %q", texts, want)
	}
}

// TestAnotherBuildOfTheSameWords: if another build would have written the same, every
// file is compared all the same.
func TestAnotherBuildOfTheSameWords(t *testing.T) {
	all := rendered(t, sample(t))
	r, err := verify("e", all, elsewhere())
	if err != nil || !r.Holds() || !slices.Contains(r.Checked, "every byte of every file: it is what this version makes of the journal") {
		t.Errorf("%v, %v, %v", r.Problems, r.Checked, err)
	}
	for _, name := range []string{filePage, fileStory} {
		all := maps.Clone(all)
		all[name] = bytes.Replace(all[name], []byte("both call"), []byte("both fail"), 1)
		all[fileManifest] = manifestOf(without(all, fileManifest))
		wantFound(t, all, elsewhere(), "not checked: "+name+": all that it says: made by 1.2.0 0123abc, judged by 1.2.0 fedcba9")
		wantFound(t, all, judge, name+": not what this version makes")
	}
}

func without(all files, names ...string) files {
	all = maps.Clone(all)
	for _, n := range names {
		delete(all, n)
	}
	return all
}

// TestDirtyBuildsAreNone: what was made of changed sources may be anything.
func TestDirtyBuildsAreNone(t *testing.T) {
	tool := tool
	tool.Commit += dirty
	if sameBuild(tool, tool) {
		t.Error("two builds of changed sources are taken for one")
	}
}

// TestMoreThanIsRead: nothing is in a source that is not read, by whatever build.
func TestMoreThanIsRead(t *testing.T) {
	for name, forge := range map[string]func(all files){
		fileJournal: func(all files) {
			all[fileJournal] = bytes.Replace(all[fileJournal], []byte(`"n":1,`), []byte(`"n":1,"secret":"x",`), 1)
		},
		fileMachine: func(all files) {
			all[fileMachine] = bytes.Replace(all[fileMachine], []byte("{"), []byte(`{"secret":"x",`), 1)
		},
		fileReport: func(all files) {
			all[fileReport] = bytes.Replace(all[fileReport], []byte("{"), []byte(`{"secret":"x",`), 1)
		},
		fileJournal + " ": func(all files) {
			all[fileJournal] = append(bytes.Clone(all[fileJournal]), "{\"record\":\"secret\"}\n"...)
		},
		fileCapture: func(all files) { // an option that is there twice: the last is read
			c := all[fileCapture]
			i := bytes.Index(c, []byte("run1.a")) - 4
			block := bytes.LastIndex(c[:i], []byte{1, 0, 0, 0})
			option := c[i : i+12]
			length := len(option) + int(c[block+4]) + int(c[block+5])<<8
			forged := slices.Concat(c[:i], []byte{2, 0, 6, 0}, []byte("secret\x00\x00"), c[i:])
			for _, at := range []int{block + 4, block + length - 4} {
				forged[at], forged[at+1] = byte(length), byte(length>>8)
			}
			all[fileCapture] = forged
		},
	} {
		all := rendered(t, sample(t))
		forge(all)
		all[fileManifest] = manifestOf(without(all, fileManifest))
		wantFound(t, all, elsewhere(), strings.TrimSpace(name)+": has more than is read of it")
	}
}

// TestNewerKindsPass: an event of a kind that a later version knows is kept as it is.
func TestNewerKindsPass(t *testing.T) {
	p := &play{cross(t, addrA, addrB)}
	p.add(journal.Event{Host: "a", Kind: "later", Unknown: json.RawMessage(`{"b":[1, 2],"a":"<"}`)})
	all := rendered(t, New(reportOf(p.Journal), How{Repeat: 1}))
	if !bytes.Contains(all[fileJournal], []byte(`"later":{"b":[1, 2],"a":"<"}`)) {
		t.Fatalf("%s", all[fileJournal])
	}
	r, err := verify("e", all, elsewhere())
	if err != nil || !r.Holds() {
		t.Errorf("%v, %v", r.Problems, err)
	}
}

// TestNoUTF8: what is no text is written as it is read.
func TestNoUTF8(t *testing.T) {
	p := &play{cross(t, addrA, addrB)}
	for _, text := range []string{"x\xffy", `\ufffd`, `\\ufffd`, "\ufffd"} {
		p.add(journal.Event{Host: "a", Kind: journal.KindNote, Note: &journal.Note{Text: text}})
	}
	r := reportOf(p.Journal)
	r.Machine.Settings["motd"] = "\xff"
	wantFound(t, rendered(t, New(r, How{Repeat: 1, Command: []string{"simopen", "\xff"}})), elsewhere(), "not checked: who made it")
}

// TestPageIsOfItsVersion: from 1.1 on there is a page; who takes it away can say that
// the bundle is older, and then that is told.
func TestPageIsOfItsVersion(t *testing.T) {
	all := without(rendered(t, sample(t)), filePage, fileManifest)
	all[fileManifest] = manifestOf(all)
	wantFound(t, all, elsewhere(), "report.html: missing")
	all[fileManifest] = bytes.Replace(all[fileManifest], []byte(Schema), []byte(schemaFirst), 1)
	wantFound(t, all, elsewhere(), "not checked: report.html: it is not there; the bundle says that it is of version v1")
	wantFound(t, all, judge, "report.html: not what this version makes")
	all = rendered(t, sample(t))
	all[fileManifest] = bytes.Replace(all[fileManifest], []byte(Schema), []byte(schemaFirst), 1)
	wantFound(t, all, elsewhere(), "report.html: a bundle of version v1 has none")
}
