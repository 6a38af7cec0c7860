package evidence

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// left are the names in a folder.
func left(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestNeverOverwrites(t *testing.T) {
	b := sample(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"mine.txt", "other/file", "taken.zip/file", "file", "extra/manifest.json", "extra/notes", "thesis.zip", "app/manifest.json", "app/report.md"} {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"e", "e.zip"} {
		if err := b.Write(at(name), false); err != nil {
			t.Fatal(err)
		}
		if err := b.Write(at(name), false); err == nil || !strings.Contains(err.Error(), "it exists: --force replaces it") {
			t.Errorf("%s again: %v", name, err)
		}
		if err := b.Write(at(name), true); err != nil {
			t.Errorf("%s with force: %v", name, err)
		}
	}
	if err := os.WriteFile(at("pack.zip"), archived(t, files{fileJournal: []byte("mine")}), 0o644); err != nil { // no manifest
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"pack.zip":       "it exists and is not evidence",
		"other":          "it exists and is not evidence",
		"extra":          "it exists and is not evidence",
		"file":           "it exists and is no folder",
		"taken.zip":      "it exists and is not evidence",
		"thesis.zip":     "it exists and is not evidence",
		"app":            "it exists and is not evidence",
		"file/e.zip":     "not a directory",
		"missing/e.zip":  "make the folder first",
		"missing/folder": "make the folder first",
	} {
		err := b.Write(at(name), true)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		// What shows before there is a bundle is said in the same words.
		if early := MayWrite(at(name), true); name != "file/e.zip" && (early == nil || early.Error() != err.Error()) {
			t.Errorf("%s: early: %v; late: %v", name, early, err)
		}
	}
	if got := left(t, dir); got != "app e e.zip extra file mine.txt other pack.zip taken.zip thesis.zip" {
		t.Errorf("left: %s", got)
	}
	for _, name := range []string{"mine.txt", "other/file", "taken.zip/file", "file", "extra/notes", "thesis.zip", "app/manifest.json"} {
		if content, err := os.ReadFile(at(name)); err != nil || string(content) != "mine" {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
}

// TestLeavesNoHalf: what cannot be written whole is not there at all, nor anything
// beside it.
func TestLeavesNoHalf(t *testing.T) {
	dir := t.TempDir()
	if err := writeFolder(filepath.Join(dir, "e"), files{"a": []byte("whole"), "no/such": []byte("folder")}, false); err == nil {
		t.Error("e was written")
	}
	if err := os.Mkdir(filepath.Join(dir, "e.zip"), 0o755); err != nil { // no file can have its name
		t.Fatal(err)
	}
	if err := writeZip(filepath.Join(dir, "e.zip"), files{"a": []byte("whole")}, false); err == nil {
		t.Error("e.zip was written")
	}
	if got := left(t, dir); got != "e.zip" {
		t.Errorf("left: %s", got)
	}
}

// TestWhatCannotGoStays: an old bundle that cannot be removed is where it was, and nothing
// is beside it.
func TestWhatCannotGoStays(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "e")
	if err := sample(t).Write(path, false); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fileStory, filePage} {
		if err := os.Remove(filepath.Join(path, name)); err != nil {
			t.Fatal(err)
		}
	}
	was := left(t, path)
	if err := os.Chmod(path, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(path, 0o755) // so that the folder can be removed
	err := sample(t).Write(path, true)
	if os.Geteuid() != 0 && err == nil {
		t.Error("it was removed from a folder that nobody may write to")
	}
	if got := left(t, dir); got != "e" {
		t.Errorf("left: %s", got)
	}
	if got := left(t, path); err != nil && got != was {
		t.Errorf("left in it: %s", got)
	}
}

// TestNobodysWorkIsReplaced: what comes to be there while a bundle is made is not
// overwritten, nor removed; with force, evidence alone is.
func TestNobodysWorkIsReplaced(t *testing.T) {
	all := rendered(t, sample(t))
	for _, force := range []bool{false, true} {
		dir := t.TempDir()
		zip, folder := filepath.Join(dir, "e.zip"), filepath.Join(dir, "e")
		if err := os.WriteFile(zip, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(folder, "mine"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := writeZip(zip, all, force); err == nil {
			t.Errorf("force %v: e.zip was replaced", force)
		}
		if err := writeFolder(folder, all, force); err == nil {
			t.Errorf("force %v: e was replaced", force)
		}
		if b, err := os.ReadFile(zip); err != nil || string(b) != "mine" {
			t.Errorf("force %v: e.zip is %q, %v", force, b, err)
		}
		if got := left(t, dir) + ": " + left(t, folder); got != "e e.zip: mine" {
			t.Errorf("force %v: left: %s", force, got)
		}
	}
}

// TestTwoWriters: of two that write to one place, one is told that it is taken.
func TestTwoWriters(t *testing.T) {
	b := sample(t)
	for _, name := range []string{"e", "e.zip"} {
		dir := t.TempDir()
		errs := make([]error, 8)
		atOnce(len(errs), func(i int) { errs[i] = b.Write(filepath.Join(dir, name), false) })
		wrote := 0
		for _, err := range errs {
			if err == nil {
				wrote++
			} else if !strings.Contains(err.Error(), "it exists: --force replaces it") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if wrote != 1 || left(t, dir) != name {
			t.Errorf("%s: %d wrote it; left: %s", name, wrote, left(t, dir))
		}
	}
}

// TestTooLargeIsNotWritten: what verify would refuse is refused here.
func TestTooLargeIsNotWritten(t *testing.T) {
	j := cross(t, addrA, addrB)
	j.Events[len(j.Events)-1].Note.Text = strings.Repeat("long ", maxFile/5)
	err := New(reportOf(j), How{Repeat: 1}).Write(filepath.Join(t.TempDir(), "e"), false)
	if err == nil || !strings.Contains(err.Error(), "evidence has at most 32 MiB in a file") {
		t.Error(err)
	}
}

// TestLongFactsAreNotWritten: nor what machine.json cannot have.
func TestLongFactsAreNotWritten(t *testing.T) {
	err := New(reportOf(cross(t, addrA, addrB)), How{Repeat: 1, Label: strings.Repeat("&", maxFacts)}).Write(filepath.Join(t.TempDir(), "e"), false)
	if err == nil || !strings.Contains(err.Error(), "machine.json: ") || !strings.Contains(err.Error(), "at most 1 MiB") {
		t.Error(err)
	}
}

// TestNoLongLineIsWritten: nor an event of more than a line may have.
func TestNoLongLineIsWritten(t *testing.T) {
	j := cross(t, addrA, addrB)
	j.Events[len(j.Events)-1].Note.Text = strings.Repeat("x", maxLine)
	err := New(reportOf(j), How{Repeat: 1}).Write(filepath.Join(t.TempDir(), "e"), false)
	if err == nil || !strings.Contains(err.Error(), "a line of ") {
		t.Error(err)
	}
}

// TestRemovedWholeOrNot: where one file of a bundle cannot be removed, none is.
func TestRemovedWholeOrNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "e")
	if err := sample(t).Write(path, false); err != nil {
		t.Fatal(err)
	}
	was := left(t, path)
	// A folder of the name that the capture is given on the way is in its way.
	if err := os.MkdirAll(filepath.Join(path, fileCapture+".removed", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := removeBundle(path); err == nil {
		t.Error("it was removed")
	}
	if err := os.RemoveAll(filepath.Join(path, fileCapture+".removed")); err != nil {
		t.Fatal(err)
	}
	if got := left(t, path); got != was {
		t.Errorf("left: %s", got)
	}
}

// TestOthersUnpackIt lets the system's own program unpack an archive, and verifies
// the folder.
func TestOthersUnpackIt(t *testing.T) {
	unzipper, err := exec.LookPath("unzip")
	if err != nil {
		t.Skip("skip: no unzip here")
	}
	dir := t.TempDir()
	if err := sample(t).Write(filepath.Join(dir, "e.zip"), false); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(unzipper, "-q", filepath.Join(dir, "e.zip"), "-d", filepath.Join(dir, "e")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r, err := Verify(filepath.Join(dir, "e"), judge)
	if err != nil || !r.Holds() {
		t.Errorf("%v, %v", r.Problems, err)
	}
	info, err := os.Stat(filepath.Join(dir, "e", fileStory))
	if err != nil || info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
