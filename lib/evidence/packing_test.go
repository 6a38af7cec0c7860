package evidence

import (
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// packedAs writes an archive as another program may.
type packedAs struct {
	method uint16
	prefix string   // before each name
	litter []string // files of file managers
	swap   bool     // in the opposite order
	remark string   // the archive's comment
}

func (p packedAs) write(t *testing.T, all files) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, content []byte) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: p.method, Modified: time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			return
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if p.prefix != "" {
		add(p.prefix, nil)
	}
	names := all.names()
	if p.swap {
		slices.Reverse(names)
	}
	for _, name := range names {
		add(p.prefix+name, all[name])
	}
	for _, name := range p.litter {
		add(name, []byte("litter"))
	}
	if err := w.SetComment(p.remark); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unix2dos changes the line ends of text, as git's autocrlf does.
func unix2dos(all files) files {
	all = maps.Clone(all)
	for name := range all {
		if name != fileCapture { // git takes what has NUL for no text
			all[name] = bytes.ReplaceAll(all[name], []byte("\n"), []byte("\r\n"))
		}
	}
	return all
}

// TestAnyPacking: a bundle that honest programs have packed again holds, and what they
// changed is said.
func TestAnyPacking(t *testing.T) {
	all := rendered(t, sample(t))
	for name, tt := range map[string]struct {
		archive []byte
		remark  string
	}{
		"as written": {archived(t, all), ""},
		"stored":     {packedAs{method: zip.Store}.write(t, all), ""},
		"with a comment": {
			packedAs{method: zip.Deflate, remark: "packed again"}.write(t, all), "12 bytes behind the archive's files, a comment or others, which were not looked at",
		},
		"with what is none": {
			append(packedAs{method: zip.Deflate}.write(t, all), "junk"...), "4 bytes behind the archive's files, a comment or others, which were not looked at",
		},
		"another order":       {packedAs{method: zip.Deflate, swap: true}.write(t, all), ""},
		"a folder of its own": {packedAs{method: zip.Deflate, prefix: "issue-17/"}.write(t, all), "it is in a folder of its own, issue-17/"},
		"a Mac": {
			packedAs{method: zip.Deflate, prefix: "e/", litter: []string{"__MACOSX/e/._report.md", "e/.DS_Store", "__MACOSX/._e"}}.write(t, all),
			"3 files of file managers ignored: __MACOSX/e/._report.md, e/.DS_Store, __MACOSX/._e",
		},
		"a Mac's other disk": {packedAs{method: zip.Deflate, litter: []string{"._report.md", ".git/HEAD"}}.write(t, all), "2 files of file managers ignored: ._report.md, .git/HEAD"},
		"Windows":            {packedAs{method: zip.Deflate, prefix: `e\`, litter: []string{"Thumbs.db", "Desktop.ini"}}.write(t, all), "2 files of file managers ignored: Thumbs.db, Desktop.ini"},
		"autocrlf":           {packedAs{method: zip.Deflate}.write(t, unix2dos(all)), "the line ends were changed (CRLF), as git's autocrlf does: content is the same"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "e.zip")
			if err := os.WriteFile(path, tt.archive, 0o644); err != nil {
				t.Fatal(err)
			}
			wantHolds(t, path, tt.remark)
		})
	}
	t.Run("a folder in a folder", func(t *testing.T) {
		dir := t.TempDir()
		if err := sample(t).Write(filepath.Join(dir, "e"), false); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, ".DS_Store"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		wantHolds(t, dir, "it is in a folder of its own, e/")
		wantHolds(t, filepath.Join(dir, "e"), "")
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(filepath.Join(dir, "e"), link); err != nil {
			t.Fatal(err)
		}
		wantHolds(t, link, "")
	})
}

func wantHolds(t *testing.T, path, remark string) {
	t.Helper()
	r, err := Verify(path, judge)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Holds() {
		t.Errorf("%v", r.Problems)
	}
	if said := strings.Join(r.Remarks, "\n"); !strings.Contains(said, remark) || (remark == "") != (said == "") {
		t.Errorf("remarks %q, want %q", said, remark)
	}
}

// TestSignatureIsNoticed: one beside the manifest is named, and not checked.
func TestSignatureIsNoticed(t *testing.T) {
	dir := folder(t)
	if err := os.WriteFile(filepath.Join(dir, fileSignature), []byte("-----BEGIN SSH SIGNATURE-----\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Verify(dir, judge)
	if err != nil || !r.Holds() || !strings.Contains(strings.Join(r.Unchecked, "\n"), fileSignature) {
		t.Errorf("%v, %v, %v", r.Problems, r.Unchecked, err)
	}
}

// TestHostileArchives are archives that no honest program wrote, and such as came to harm.
func TestHostileArchives(t *testing.T) {
	all := rendered(t, sample(t))
	whole := archived(t, all)
	with := func(name string) []byte {
		more := maps.Clone(all)
		more[name] = []byte("x")
		return packedAs{method: zip.Deflate}.write(t, more)
	}
	bomb := maps.Clone(all)
	bomb[fileJournal] = make([]byte, maxFile+1)
	damaged := bytes.Clone(whole)
	damaged[200] ^= 0xff
	many := maps.Clone(all)
	for i := range maxMembers {
		many[strings.Repeat("x", i+1)] = nil
	}
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"path traversal":   {with("../../x.jsonl"), "../../x.jsonl: no file of evidence"},
		"an absolute path": {with("/etc/password"), "/etc/password: no file of evidence"},
		"a file more":      {with("notes.txt"), "notes.txt: no file of evidence"},
		"twice the same":   {packedAs{method: zip.Store, litter: []string{fileJournal}}.write(t, all), "journal.jsonl: it is there twice"},
		"a bomb":           {archived(t, bomb), "journal.jsonl has 33554433 bytes"},
		"many files":       {packedAs{method: zip.Store}.write(t, many), "a .zip of more than 1000 files"},
		"truncated":        {whole[:len(whole)/2], "the archive is truncated or damaged"},
		"nothing else":     {whole[:4], "the archive is truncated or damaged"},
		"damaged":          {damaged, "the archive is truncated or damaged"},
		"two names":        {bytes.Replace(whole, []byte(fileStory), []byte("rePort.md"), 1), "the archive lists \"report.md\", and where that file stands it is called \"rePort.md\""},
		"encrypted":        {asEncrypted(whole), "the archive is encrypted"},
		"a file less":      {packedAs{method: zip.Store}.write(t, without(all, fileStory)), "report.md: missing"},
		"no manifest":      {packedAs{method: zip.Store}.write(t, without(all, fileManifest)), "it has no manifest.json"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "e.zip")
			if err := os.WriteFile(path, tt.b, 0o644); err != nil {
				t.Fatal(err)
			}
			bounded(t, func() { wantRefused(t, path, tt.want) })
		})
	}
}

// asEncrypted marks each file of an archive as encrypted.
func asEncrypted(archive []byte) []byte {
	archive = bytes.Clone(archive)
	for at := 0; ; {
		i := bytes.Index(archive[at:], zipRecord)
		if i < 0 {
			return archive
		}
		archive[at+i+8] |= isEncrypted
		at += i + 1
	}
}

// TestHugeArchive: an archive's length is no reason to read it.
func TestHugeArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.zip")
	if err := os.WriteFile(path, archived(t, rendered(t, sample(t))), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skipf("skip: no file of a terabyte here: %v", err)
	}
	bounded(t, func() { wantRefused(t, path, "it has 1099511627776 bytes") })
}

func without(all files, names ...string) files {
	all = maps.Clone(all)
	for _, n := range names {
		delete(all, n)
	}
	return all
}
