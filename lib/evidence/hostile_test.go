package evidence

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// mostMemory bounds what reading a hostile bundle may allocate.
const mostMemory = 256 << 20

// bounded runs f, and checks how much it allocated.
func bounded(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > mostMemory {
		t.Errorf("%d MiB were allocated", n>>20)
	}
}

// folder writes a bundle as a folder, to be tampered with.
func folder(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "e")
	if err := sample(t).Write(path, false); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHostileFolders(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		tamper func(t *testing.T, dir string)
		want   string
	}{
		"a gigabyte of journal": {func(t *testing.T, dir string) {
			must(t, os.Truncate(filepath.Join(dir, fileJournal), 1<<30))
		}, "journal.jsonl has 1073741824 bytes"},
		"large together": {func(t *testing.T, dir string) {
			for _, f := range []string{fileCapture, filePage, fileStory} {
				must(t, os.Truncate(filepath.Join(dir, f), 31<<20))
			}
		}, "evidence has at most"},
		"link": {func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, fileStory)))
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, fileStory)); err != nil {
				t.Skipf("skip: links cannot be made here: %v", err)
			}
		}, "report.md: not a regular file"},
		"folder in it": {func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, fileStory)))
			must(t, os.Mkdir(filepath.Join(dir, fileStory), 0o755))
		}, "report.md: missing"},
		"another file": {func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "run.exe"), nil, 0o644))
		}, "run.exe: no file of evidence"},
		"a file less": {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, fileJournal))) }, "journal.jsonl: missing"},
		"no manifest": {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, fileManifest))) }, "it has no manifest.json"},
		"empty":       {func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, fileManifest), 0)) }, "manifest.json: unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			tt.tamper(t, dir)
			bounded(t, func() { wantRefused(t, dir, tt.want) })
		})
	}
}

// wantRefused checks that a bundle does not hold, or is none, for a reason.
func wantRefused(t *testing.T, path, want string) {
	t.Helper()
	r, err := Verify(path, judge)
	var text strings.Builder
	if err != nil {
		text.WriteString(err.Error())
	} else {
		r.WriteText(&text)
	}
	if err == nil && r.Holds() || !strings.Contains(text.String(), want) {
		t.Errorf("want %q in\n%s", want, text.String())
	}
}

// TestManyEvents: a journal of more events than evidence has is not judged, and
// one of far more not even parsed. As many as there may be are.
func TestManyEvents(t *testing.T) {
	all := rendered(t, sample(t))
	all[fileJournal] = bytes.Repeat([]byte("{}\n"), 2*maxEvents+1)
	all[fileManifest] = manifestOf(all)
	bounded(t, func() { wantForeign(t, all, "evidence has at most 20000 events") })

	p := &script{cross(t, addrA, addrB)}
	p.ElapsedNS = int64(maxRunEvents+1) * 1000
	for len(p.Events) < maxRunEvents {
		p.add(journal.Event{Host: "a", Kind: journal.KindNote, Note: &journal.Note{Text: "n"}})
	}
	whole := New(reportOf(p.Journal), How{Repeat: 1})
	all = rendered(t, whole)
	mustHold(t, all)
	p.add(journal.Event{Host: "a", Kind: journal.KindNote, Note: &journal.Note{Text: "n"}})
	var buf bytes.Buffer
	if err := journal.Write(&buf, &p.Journal); err != nil {
		t.Fatal(err)
	}
	all[fileJournal] = buf.Bytes()
	all[fileManifest] = manifestOf(all)
	bounded(t, func() { wantForeign(t, all, "run 1 makes it 10001 events") })
	if _, err := New(reportOf(p.Journal), How{Repeat: 1}).render(); err == nil || !strings.Contains(err.Error(), "run fewer scenarios at once") {
		t.Error(err)
	}
}

// wantForeign checks that files are no evidence, for a reason.
func wantForeign(t *testing.T, all files, want string) {
	t.Helper()
	_, err := verify(all, judge)
	var foreign *ForeignError
	if !errors.As(err, &foreign) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want … %s …", err, want)
	}
}

// TestLongTexts: a text that would take a second and hundreds of MiB to tell is not read.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat("x", 31<<20)
	for name, text := range map[string]string{fileMachine: `"label": "`, fileJournal: `"host":"`, fileReport: `"why":"`} {
		all := rendered(t, sample(t))
		i := bytes.Index(all[name], []byte(text)) + len(text)
		all[name] = slices.Concat(all[name][:i], []byte(long), all[name][i:])
		all[fileManifest] = manifestOf(without(all, fileManifest))
		path := filepath.Join(t.TempDir(), "e.zip")
		if err := os.WriteFile(path, archived(t, all), 0o644); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{fileMachine: "evidence has at most 1 MiB", fileJournal: "evidence has at most 1 MiB", fileReport: "not what this version makes"}[name]
		bounded(t, func() { wantRefused(t, path, want) })
	}
}

// TestManyProblemsAreNotAllListed: one altered packet after the other.
func TestManyProblemsAreNotAllListed(t *testing.T) {
	p := &script{cross(t, addrA, addrB)}
	p.ElapsedNS *= 10
	for range 200 {
		p.segment(t, addrA, addrB, 0, "x")
		p.Events[len(p.Events)-1].Packet.Seq++
	}
	r, err := verify(rendered(t, New(reportOf(p.Journal), How{Repeat: 1})), judge)
	if err != nil || len(r.Problems) != maxProblems+1 || r.Problems[maxProblems].Text != "and 180 more" {
		t.Errorf("%d problems, the last %v, %v", len(r.Problems), r.Problems[len(r.Problems)-1], err)
	}
}

// TestNothingForgesALine: what a stranger wrote stays within its line.
func TestNothingForgesALine(t *testing.T) {
	b := sample(t)
	const forged = "x\nother.zip: holds\x1b[2J"
	b.Machine.Label, b.Machine.Kernel, b.Machine.Tool.Version = forged, forged, forged
	b.Report.Runs[0].Scenario = forged
	r, err := verify(rendered(t, b), judge)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	r.WriteText(&text)
	d := Compare(r, mustHold(t, rendered(t, sample(t))))
	d.WriteText(&text, "a", "b")
	WriteTable(&text, []Row{{Path: "e", Result: r}})
	WriteMarkdownTable(&text, []Row{{Path: "e", Result: r}})
	if strings.Contains(text.String(), "\nother.zip") || strings.Contains(text.String(), "\x1b") {
		t.Errorf("forged:\n%s", text.String())
	}
}

// FuzzOpen lets an archive be anything: it may not panic, nor take all memory.
func FuzzOpen(f *testing.F) {
	whole := archived(f, rendered(f, sample(f)))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "e.zip")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		bounded(t, func() { _, _ = Verify(path, judge) })
	})
}

func FuzzManifest(f *testing.F) {
	f.Add(rendered(f, sample(f))[fileManifest])
	f.Fuzz(func(_ *testing.T, b []byte) {
		if m, err := parseManifest("e", b); err == nil {
			m.check(files{fileJournal: b})
		}
	})
}

// FuzzVerify lets the sources be anything: none of it may panic, or hold if it
// differs from what was written.
func FuzzVerify(f *testing.F) {
	whole := rendered(f, sample(f))
	f.Add(whole[fileJournal], whole[fileMachine], whole[fileReport], whole[fileCapture])
	f.Fuzz(func(t *testing.T, j, machine, r, capture []byte) {
		all := files{fileJournal: j, fileMachine: machine, fileReport: r, fileCapture: capture, fileStory: whole[fileStory]}
		all[fileManifest] = manifestOf(all)
		v, err := verify(all, judge)
		if err != nil || !v.Readable() {
			return
		}
		var text strings.Builder
		v.WriteText(&text)
		Compare(v, v).WriteText(&text, "a", "b")
		if !Compare(v, v).Same() {
			t.Error("it differs from itself")
		}
		if err := v.Story(&text); err != nil {
			t.Error(err)
		}
	})
}
