package evidence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
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
			for _, f := range []string{fileJournal, fileReport, fileStory} {
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
		}, "report.md: not a regular file"},
		"another file": {func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "run.exe"), nil, 0o644))
		}, `holds "run.exe"`},
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

// TestHostileArchives are archives that no program of ours wrote.
func TestHostileArchives(t *testing.T) {
	whole := zipOf(rendered(t, sample(t)))
	renamed := func(to string) []byte {
		return bytes.ReplaceAll(whole, []byte(fileJournal), []byte(to))
	}
	first := whole[:zipLocalLen+len(fileJournal)+int(binary.LittleEndian.Uint32(whole[18:]))]
	sized := func(at int, n uint32) []byte {
		b := bytes.Clone(whole)
		binary.LittleEndian.PutUint32(b[at:], n)
		return b
	}
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"path traversal":      {renamed("../../x.jsonl"), `holds "../../x.jsonl"`},
		"an absolute path":    {renamed("/etc/password"), `holds "/etc/password"`},
		"twice the same":      {append(bytes.Clone(first), whole...), `holds "journal.jsonl" twice`},
		"a bomb":              {sized(22, 4_000_000_000), "journal.jsonl has 4000000000 bytes"},
		"more than it has":    {sized(22, 30<<20), "compressed in another way"},
		"less than it has":    {sized(22, 3), "compressed in another way"},
		"compressed for ever": {sized(18, 4_000_000_000), "not as it was written, from byte 0 on"},
		"compressed wrongly":  {sized(18, 20), "compressed in another way"},
		"nothing else":        {whole[:4], "not as it was written"},
		"a link":              {bytes.Replace(whole, []byte{0, 0, 0xa4, 0x81}, []byte{0, 0, 0xff, 0xa1}, 1), "not as it was written"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "e.zip")
			if err := os.WriteFile(path, tt.b, 0o644); err != nil {
				t.Fatal(err)
			}
			bounded(t, func() { wantRefused(t, path, tt.want) })
		})
	}
	path := filepath.Join(t.TempDir(), "huge.zip")
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skipf("skip: no file of a terabyte here: %v", err)
	}
	bounded(t, func() { wantRefused(t, path, "it has 1099511627776 bytes") })
}

// TestManyEvents: a journal of more events than evidence has is not judged, and
// one of far more not even parsed. As many as there may be are.
func TestManyEvents(t *testing.T) {
	all := rendered(t, sample(t))
	all[fileJournal] = bytes.Repeat([]byte("{}\n"), 2*maxEvents+1)
	all[fileManifest] = manifestOf(all)
	bounded(t, func() { wantForeign(t, all, "evidence has at most 20000 events") })

	p := &play{cross(t, addrA, addrB)}
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
	_, err := verify("e", all, judge)
	var foreign *ForeignError
	if !errors.As(err, &foreign) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want … %s …", err, want)
	}
}

// TestManyProblemsAreNotAllListed: one altered packet after the other.
func TestManyProblemsAreNotAllListed(t *testing.T) {
	p := &play{cross(t, addrA, addrB)}
	p.ElapsedNS *= 10
	for range 200 {
		p.segment(t, addrA, addrB, 0, "x")
		p.Events[len(p.Events)-1].Packet.Seq++
	}
	r, err := verify("e", rendered(t, New(reportOf(p.Journal), How{Repeat: 1})), judge)
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
	r, err := verify("e", rendered(t, b), judge)
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

func FuzzUnzip(f *testing.F) {
	whole := zipOf(rendered(f, sample(f)))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := unzip("e", b)
		if err == nil && !bytes.Equal(zipOf(all), b) {
			t.Error("two archives have the same files")
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add(rendered(f, sample(f))[fileManifest])
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest("e", b)
		if err == nil && !bytes.Equal(m.encode(), b) {
			t.Error("two manifests say the same")
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
		v, err := verify("e", all, judge)
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
