package evidence

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// elsewhere is another build: its sources are the same.
func elsewhere() Judge {
	other := judge
	other.Tool.Commit = "fedcba9"
	return other
}

// wantFound checks that a problem begins so, or that nothing is wrong and something
// is not checked that begins so.
func wantFound(t *testing.T, all files, j Judge, want string) {
	t.Helper()
	r, err := verify(all, j)
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

// TestForgeriesOfAnotherBuild: what a bundle says of the build that made it switches no
// check off but that of words, which is said.
func TestForgeriesOfAnotherBuild(t *testing.T) {
	states := func(run map[string]any) {
		run["histories"].([]any)[0].(map[string]any)["states"].([]any)[0].(map[string]any)["state"] = "TIME_WAIT"
	}
	for name, tt := range map[string]struct {
		forge func(t *testing.T, all files)
		want  string
	}{
		"states":             {inRun(fileReport, states), "report.json, run 1: its sockets' states"},
		"no states":          {inRun(fileReport, func(r map[string]any) { r["histories"] = []any{} }), "report.json, run 1: its sockets' states"},
		"verdict":            {inRun(fileReport, func(r map[string]any) { findingOf(r)["verdict"] = "refuted" }), "report.json, run 1, claim T1: says refuted"},
		"packet":             {inText(fileCapture, "hello", "hullo"), "wire.pcapng, run 1, event 7: packet 3 is not that of journal.jsonl"},
		"words":              {inRun(fileReport, func(r map[string]any) { findingOf(r)["because"] = "it is refuted" }), "not checked: the words of report.json: made by 1.2.0 0123abc, judged by 1.2.0 fedcba9"},
		"words of the story": {inText(fileStory, "reproduced", "refuted"), "not checked: the words of report.md: "},
		"reworded": {
			inRun(fileReport, func(r map[string]any) { findingOf(r)["statement"], findingOf(r)["verdict"] = "otherwise", "refuted" }),
			"not checked: run 1: the verdict of T1: not compared, its statement was reworded since",
		},
		"another claim": {inRun(fileReport, func(r map[string]any) { findingOf(r)["claim"] = "T9" }), "not checked: run 1: the verdict of T9: this program does not put it to the test there"},
	} {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, sample(t))
			tt.forge(t, all)
			all[fileManifest] = manifestOf(without(all, fileManifest))
			wantFound(t, all, elsewhere(), tt.want)
		})
	}
}

// TestDirtyBuildsAreNone: what was made of changed sources may be anything.
func TestDirtyBuildsAreNone(t *testing.T) {
	tool := tool
	tool.Commit += dirty
	if sameBuild(tool, tool) {
		t.Error("two builds of changed sources are taken for one")
	}
}

// TestNewerKindsPass: an event of a kind that a later version knows is kept as it is, and
// named.
func TestNewerKindsPass(t *testing.T) {
	p := &script{cross(t, addrA, addrB)}
	p.add(journal.Event{Host: "a", Kind: "later", Unknown: json.RawMessage(`{"b":[1, 2],"a":"<"}`)})
	all := rendered(t, New(reportOf(p.Journal), How{Repeat: 1}))
	if !bytes.Contains(all[fileJournal], []byte(`"later":{"b":[1, 2],"a":"<"}`)) {
		t.Fatalf("%s", all[fileJournal])
	}
	wantFound(t, all, elsewhere(), `not checked: run 1: event 10, of a kind "later"`)
}

// TestNoUTF8: what is no text is written as it is read.
func TestNoUTF8(t *testing.T) {
	p := &script{cross(t, addrA, addrB)}
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
}
