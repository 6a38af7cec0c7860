package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/pcapng"
	"sockproof/lib/report"
)

func TestHolds(t *testing.T) {
	b := sample(t)
	for _, name := range []string{"evidence.zip", "evidence"} {
		path := filepath.Join(t.TempDir(), name)
		if err := b.Write(path, false); err != nil {
			t.Fatal(err)
		}
		r, err := Verify(path, judge)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		r.WriteText(&text)
		for _, want := range []string{name + ": holds", "“here”, simopen 1.2.0", "1 confirmed", "every byte of every file", "not whose it is"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("not %q in\n%s", want, text.String())
			}
		}
	}
}

// TestManifestSaysMore: what is beside the list of files holds nobody to anything, and is said to be unchecked.
func TestManifestSaysMore(t *testing.T) {
	for _, more := range []string{`{"note": "I am the CEO",`, "{  "} {
		all := rendered(t, sample(t))
		all[fileManifest] = bytes.Replace(all[fileManifest], []byte("{"), []byte(more), 1)
		r, err := verify(all, judge)
		if err != nil || !r.Holds() || !slices.ContainsFunc(r.Unchecked, func(s string) bool { return strings.HasPrefix(s, fileManifest) }) {
			t.Errorf("%q: %v, %+v", more, err, r.Unchecked)
		}
	}
}

// TestSameBytesEveryTime: what is made twice of the same run is the same.
func TestSameBytesEveryTime(t *testing.T) {
	a, b := archived(t, rendered(t, sample(t))), archived(t, rendered(t, sample(t)))
	if !bytes.Equal(a, b) {
		t.Error("two archives of one run differ")
	}
}

// verify checks files as if they had been read.
func verify(all files, j Judge) (*Result, error) {
	return (&opened{files: maps.Clone(all)}).verify("e", j)
}

// isFound says whether a bundle is refused, or found not to hold.
func isFound(all files) bool {
	r, err := verify(all, judge)
	return err != nil || !r.Holds()
}

// TestAnyByteIsFound alters the bytes of every file. Blanks in the manifest are nobody's.
func TestAnyByteIsFound(t *testing.T) {
	whole := rendered(t, sample(t))
	for name, content := range whole {
		for i := 0; i < len(content); i += 29 {
			all := maps.Clone(whole)
			all[name] = bytes.Clone(content)
			all[name][i] ^= 1
			if !isFound(all) && name != fileManifest {
				t.Errorf("%s: byte %d can be altered", name, i)
			}
		}
	}
}

// inJSON changes one of the JSON files.
func inJSON(name string, change func(map[string]any)) func(t *testing.T, all files) {
	return func(t *testing.T, all files) {
		var v map[string]any
		if err := json.Unmarshal(all[name], &v); err != nil {
			t.Fatal(err)
		}
		change(v)
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = b
	}
}

// inRun changes the first run of a JSON file.
func inRun(name string, change func(map[string]any)) func(t *testing.T, all files) {
	return inJSON(name, func(v map[string]any) { change(v["runs"].([]any)[0].(map[string]any)) })
}

// inText replaces a text in a file.
func inText(name, old, now string) func(t *testing.T, all files) {
	return func(t *testing.T, all files) {
		if !bytes.Contains(all[name], []byte(old)) {
			t.Fatalf("%s has no %s", name, old)
		}
		all[name] = bytes.Replace(all[name], []byte(old), []byte(now), 1)
	}
}

// findingOf is the first finding of a run.
func findingOf(run map[string]any) map[string]any { return run["findings"].([]any)[0].(map[string]any) }

// forgeries are files that were changed, and what is found.
var forgeries = map[string]struct {
	forge func(t *testing.T, all files)
	want  string
}{
	"verdict":   {inRun(fileReport, func(r map[string]any) { findingOf(r)["verdict"] = "refuted" }), "report.json, run 1, claim T1: says refuted; its journal is judged as confirmed"},
	"citations": {inRun(fileReport, func(r map[string]any) { findingOf(r)["events"] = []int{1} }), "report.json: not what this version makes"},
	"claim":     {inRun(fileReport, func(r map[string]any) { r["findings"] = []any{} }), "report.json, run 1, claim T1: missing"},
	"twice":     {inRun(fileReport, func(r map[string]any) { r["findings"] = []any{findingOf(r), findingOf(r)} }), "report.json, run 1, claim T1: this program does not"},
	"no contradiction": {
		inRun(fileReport, func(r map[string]any) {
			r["discrepancies"] = []any{map[string]any{"rule": "R1", "sockets": []string{"a1"}, "hosts": []string{}, "accounts": []string{"x"}, "explanation": "y", "events": []int{2}}}
		}),
		"report.json, run 1: says that its witnesses contradict each other",
	},
	"outcome":   {inRun(fileReport, func(r map[string]any) { r["outcome"] = "inconclusive" }), "report.json, run 1: says inconclusive"},
	"words":     {inRun(fileReport, func(r map[string]any) { r["why"] = "who knows" }), "report.json: not what this version makes"},
	"event":     {inRun(fileReport, func(r map[string]any) { r["events"].([]any)[7].(map[string]any)["host"] = "c" }), "report.json: not what this version makes"},
	"no event":  {inRun(fileReport, func(r map[string]any) { r["events"] = []any{} }), "report.json: not what this version makes"},
	"no run":    {inJSON(fileReport, func(v map[string]any) { v["runs"] = []any{} }), "report.json: 0 runs; journal.jsonl has 1"},
	"head":      {inRun(fileReport, func(r map[string]any) { r["family"] = "ipv6" }), "report.json: not what this version makes"},
	"kernel":    {inJSON(fileReport, func(v map[string]any) { v["machine"].(map[string]any)["kernel"] = "Linux 2.0" }), "report.json: not what this version makes"},
	"tally":     {inJSON(fileReport, func(v map[string]any) { v["tally"].(map[string]any)["reproduced"] = 9 }), "report.json: its tally"},
	"extra":     {inJSON(fileReport, func(v map[string]any) { v["more"] = 1 }), "report.json: not what this version makes"},
	"witnesses": {inRun(fileMachine, func(r map[string]any) { r["witnesses"] = []any{} }), "machine.json: its runs"},
	"label":     {inJSON(fileMachine, func(v map[string]any) { v["label"] = "there" }), "machine.json: not what this version makes"},
	"story":     {inText(fileStory, "reproduced", "refuted"), "report.md: not what this version makes"},
	"field":     {inText(fileJournal, `"seq":7`, `"seq":8`), "journal.jsonl, run 1, event 2: seq is said to be 8, its bytes have 7"},
	"flags":     {inText(fileJournal, `"SYN"`, `"FIN"`), "journal.jsonl, run 1, event 2: flags is said to be FIN, its bytes have SYN"},
	"bytes":     {otherBytes, "journal.jsonl, run 1, event 2: "},
	"order":     {inText(fileJournal, `"n":3`, `"n":1`), "journal.jsonl: run 1: event 1 follows event 2"},
	"no JSON":   {inText(fileJournal, `{`, ``), "journal.jsonl: line 1"},
	"comment":   {inText(fileCapture, "event 2: sent", "event 9: sent"), "wire.pcapng: not what this version makes"},
	"packet":    {inText(fileCapture, "hello", "hullo"), "wire.pcapng, run 1, event 7: packet 3 is not that of journal.jsonl"},
	"block":     {inText(fileCapture, "\x0a\x0d\x0d\x0a", "\x0a\x0d\x0d\x0b"), "wire.pcapng: pcapng: block at byte 0"},
}

// TestForgeries are bundles whose manifest was made right again: what is found then
// has to be named.
func TestForgeries(t *testing.T) {
	for name, tt := range forgeries {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, sample(t))
			delete(all, fileManifest)
			tt.forge(t, all)
			all[fileManifest] = manifestOf(all)
			r, err := verify(all, judge)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Problems {
				if strings.HasPrefix(p.String(), tt.want) {
					return
				}
			}
			t.Errorf("problems %v, want one that begins with %q", r.Problems, tt.want)
		})
	}
}

// otherBytes alters the first packet of the journal, and nothing that is said of it.
func otherBytes(t *testing.T, all files) {
	const field = `"bytes":"`
	i := bytes.Index(all[fileJournal], []byte(field))
	if i < 0 {
		t.Fatal("no packet")
	}
	all[fileJournal] = bytes.Clone(all[fileJournal])
	b := &all[fileJournal][i+len(field)+33]
	if *b++; *b > 'y' {
		*b = 'B'
	}
}

// TestForgedThroughout alters a packet everywhere, bytes and fields and capture:
// then only what follows from it, the verdict, tells.
func TestForgedThroughout(t *testing.T) {
	b := sample(t)
	for i := range b.Report.Runs[0].Events {
		p := b.Report.Runs[0].Events[i].Packet
		if p == nil || !p.Flags.Has(journal.SYN) {
			continue
		}
		p.Flags = journal.ACK
		if len(p.Bytes) > 0 {
			p.Bytes[33] = byte(packet.ACK)
			decoded, err := packet.Decode(p.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if p.Bytes, err = decoded.Encode(); err != nil { // with the right checksums
				t.Fatal(err)
			}
		}
	}
	r, err := verify(rendered(t, b), judge)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) != 2 || !strings.HasPrefix(r.Problems[1].String(), "report.json, run 1, claim T1: says confirmed; its journal is judged as refuted") {
		t.Errorf("problems %v", r.Problems)
	}
}

// TestOtherBuildsMayUseOtherWords: a bundle of another version holds if its
// verdicts are the same; which words were compared is said.
func TestOtherBuildsMayUseOtherWords(t *testing.T) {
	all := rendered(t, sample(t))
	other := judge
	other.Tool.Version = "1.3.0"
	other.Report = func(j journal.Journal) (report.Run, bool) {
		r := judged(j)
		r.Title, r.Why, r.Findings[0].Because = "both call each other", "put otherwise", "put otherwise"
		return r, true
	}
	r, err := verify(all, other)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Holds() || !strings.Contains(strings.Join(r.Unchecked, "\n"), "made by 1.2.0 0123abc, judged by 1.3.0 0123abc") {
		t.Errorf("%v; not checked: %v", r.Problems, r.Unchecked)
	}
}

func TestForeign(t *testing.T) {
	machine := func(change func(*Machine)) files {
		b := sample(t)
		change(&b.Machine)
		return rendered(t, b)
	}
	version2 := rendered(t, sample(t))
	version2[fileManifest] = []byte(`{"schema": "sockproof/evidence/v2"}`)
	for name, tt := range map[string]struct {
		all  files
		want string
	}{
		"another program":         {machine(func(m *Machine) { m.Tool.Name = "selfconnect" }), `e: evidence of "selfconnect": give it to that, not to simopen`},
		"another machine version": {machine(func(m *Machine) { m.Schema = "sockproof/machine/v2" }), `e: machine.json of version "v2"; this program reads v1`},
		"another version":         {version2, `e: evidence of version "v2"; this program reads v1`},
		"another schema":          {files{fileManifest: []byte(`{"schema": "else"}`)}, `e: not evidence: manifest.json has the schema "else"`},
	} {
		_, err := verify(tt.all, judge)
		var foreign *ForeignError
		if !errors.As(err, &foreign) || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "text.zip")
	if err := os.WriteFile(text, []byte("no archive"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, text} {
		_, err := Verify(path, judge)
		var foreign *ForeignError
		if !errors.As(err, &foreign) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Verify(filepath.Join(dir, "none"), judge); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
}

func TestUnknownScenarioIsFound(t *testing.T) {
	j := cross(t, addrA, addrB)
	j.Scenario = "later"
	all := rendered(t, New(reportOf(j), How{Repeat: 1}))
	r, err := verify(all, judge)
	if err != nil || r.Holds() || !strings.Contains(r.Problems[0].String(), `its scenario "later" is none of this version's`) {
		t.Errorf("%v, %v", r.Problems, err)
	}
}

// TestRepeated: of several runs the first of each outcome is there, and the others
// are said not to be checked.
func TestRepeated(t *testing.T) {
	r := reportOf(cross(t, addrA, addrB))
	r.Tally.Reproduced = 100
	f := r.Runs[0].Findings[0]
	r.Claims = []claim.Total{{
		Scenario: "cross", Claim: f.Claim, Statement: f.Statement, Quantity: f.Quantity, Verdict: f.Verdict, Because: f.Because, Run: 1, Confirmed: 100,
	}}
	all := rendered(t, New(r, How{Repeat: 100}))
	v := mustHold(t, all)
	if !strings.Contains(strings.Join(v.Unchecked, "\n"), "99 runs counted and not kept") {
		t.Errorf("not checked: %v", v.Unchecked)
	}
	r.Tally.NotReproduced = 1
	if !isFound(rendered(t, New(r, How{Repeat: 100}))) {
		t.Error("an outcome that no run had is counted")
	}
}

// TestBulk: what was counted instead of kept is said, and not in the capture.
func TestBulk(t *testing.T) {
	p := &script{cross(t, addrA, addrB)}
	p.add(journal.Event{Host: "a", Kind: journal.KindPacket, Packet: &journal.Packet{
		Src: addrA, Dst: addrB, Flags: journal.ACK, At: journal.AtDelivered,
		Bulk: &journal.Bulk{Packets: 5_000, IPBytes: 80_000_000, TCPBytes: 79_000_000, SHA256: strings.Repeat("0", 64), Flags: "ACK"},
	}})
	b := New(reportOf(p.Journal), How{Repeat: 1})
	all := rendered(t, b)
	v := mustHold(t, all)
	const said = "5000 packets of bulk, 80000000 bytes, counted and hashed instead of kept"
	if !strings.Contains(strings.Join(v.Unchecked, "\n"), said) || !bytes.Contains(all[fileStory], []byte(said)) {
		t.Errorf("not said: %v", v.Unchecked)
	}
	c, err := pcapng.Decode(all[fileCapture])
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Packets) != 3 || !strings.Contains(c.Statistics[0].Comment, said) {
		t.Errorf("%d packets, statistics %+v", len(c.Packets), c.Statistics)
	}
}

// TestCapture looks at what a capture says of a packet.
func TestCapture(t *testing.T) {
	c := sample(t).captureOf(IsFirst)
	if got := []string{c.Interfaces[0].Name, c.Interfaces[1].Name, c.Names[0].Name, c.Names[1].Name}; strings.Join(got, " ") != "run1.a run1.b a b" {
		t.Errorf("%v", got)
	}
	for i, want := range []string{
		"event 2: sent; delivered in event 3; b1 SYN_SENT → SYN_RECV (tcp_info 4)", "event 5: sent; delivered in event 6", "event 7: sent; delivered in event 8",
	} {
		if c.Packets[i].Comment != want {
			t.Errorf("packet %d: %q, want %q", i+1, c.Packets[i].Comment, want)
		}
	}
	if p := c.Packets[1]; p.Interface != 1 || p.Direction != pcapng.Outbound || p.T != uint64(started.UnixNano()+1_000_000+5_000) {
		t.Errorf("%+v", p)
	}
}

func TestTable(t *testing.T) {
	hold := mustHold(t, rendered(t, sample(t)))
	broken := *hold
	broken.Machine.Label, broken.Problems = "a|b", []Problem{{File: "report.md", Text: "altered"}}
	rows := []Row{{Path: "none.zip", Err: &ForeignError{"none.zip", "not evidence"}}, {Path: "two.zip", Result: hold}, {Path: "one.zip", Result: &broken}}
	SortByLabel(rows)
	var text, md strings.Builder
	WriteTable(&text, rows)
	WriteMarkdownTable(&md, rows)
	want := `label  bundle    holds                   kernel        runs              verdicts
a|b    one.zip   no: report.md: altered  Linux 6.18.5  cross reproduced  1 confirmed
here   two.zip   yes                     Linux 6.18.5  cross reproduced  1 confirmed
       none.zip  no: not evidence
`
	if text.String() != want {
		t.Errorf("table\n%s", text.String())
	}
	if !strings.Contains(md.String(), `| a\|b | one.zip | no: report.md: altered |`) {
		t.Errorf("table\n%s", md.String())
	}
}
