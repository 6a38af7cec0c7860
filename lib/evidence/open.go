package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxMembers bounds how many files are looked at, those of file managers among them.
const maxMembers = 1000

// opened is a bundle as it was found, however it was packed.
type opened struct {
	files   files
	extra   []Problem // what is no file of evidence
	remarks []string  // how it is not packed as it was written, which changes nothing
	signed  bool      // a signature of the manifest is there
}

// member is one file of a folder or an archive.
type member struct {
	name    string // with slashes
	size    int64  // as the folder or the archive has it
	regular bool
	open    func() (io.ReadCloser, error)
}

// open reads a bundle: a folder, or a .zip, as it was written or as others have packed
// it again. It reads no more of it than a bundle can have, follows no link in it, and
// opens nothing but regular files.
//
// The error is a ForeignError where it is no bundle, an alteredError where it is one no
// more, or why it could not be read.
func open(path string) (*opened, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: %w: want a folder or a .zip that --evidence wrote", path, errors.Unwrap(err))
	case err != nil:
		return nil, err
	}
	var (
		members []member
		remarks []string
	)
	switch {
	case info.IsDir():
		members, err = membersOfFolder(path + string(filepath.Separator)) // so that a link to it is followed
	case !info.Mode().IsRegular():
		return nil, &ForeignError{path, "not evidence: neither a folder nor a regular file"}
	default:
		members, remarks, err = membersOfArchive(path)
	}
	if err != nil {
		return nil, err
	}
	o, err := gather(path, members)
	if err == nil {
		o.remarks = append(remarks, o.remarks...)
	}
	return o, err
}

// membersOfFolder lists the files of a folder, and of the folders in it.
func membersOfFolder(dir string) ([]member, error) {
	var members []member
	seen := 0
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if seen++; seen > maxMembers {
			return &ForeignError{dir, fmt.Sprintf("not evidence: a folder of more than %d files", maxMembers)}
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		m := member{name: filepath.ToSlash(rel), open: func() (io.ReadCloser, error) { return os.Open(at) }}
		switch {
		case e.IsDir() && (litter(m.name) || strings.Count(m.name, "/") > 0):
			members = append(members, m) // what is in it is not asked
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		m.size, m.regular = info.Size(), info.Mode().IsRegular()
		members = append(members, m)
		return nil
	})
	return members, err
}

// litter says whether a file is one that file managers leave behind, or git's.
func litter(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		switch strings.ToLower(part) {
		case "__macosx", ".ds_store", "thumbs.db", "desktop.ini", ".git":
			return true
		}
		if strings.HasPrefix(part, "._") { // what a Mac keeps beside a file where it has no other place
			return true
		}
	}
	return false
}

// fileSignature is what ssh-keygen -Y sign writes beside the manifest.
const fileSignature = fileManifest + ".sig"

// gather reads the files of a bundle out of those of a folder or an archive.
func gather(bundle string, members []member) (*opened, error) {
	o := &opened{files: files{}}
	var ignored []string
	members = slices.DeleteFunc(members, func(m member) bool {
		if litter(m.name) {
			ignored = append(ignored, m.name)
			return true
		}
		return false
	})
	if len(ignored) > 0 {
		o.remark("%s of file managers ignored: %s", count(int64(len(ignored)), "file"), someOf(ignored))
	}
	wrap, ok := wrapping(members)
	switch {
	case !ok:
		return nil, &ForeignError{bundle, "not evidence: it has no " + fileManifest}
	case wrap != "":
		o.remark("it is in a folder of its own, %s", wrap)
	}
	total := 0
	for _, m := range members {
		name, inside := strings.CutPrefix(m.name, wrap)
		switch {
		case inside && name == fileSignature:
			o.signed = true
			continue
		case !inside || !known(name):
			o.extra = append(o.extra, Problem{File: m.name, Text: "no file of evidence"})
			continue
		case !m.regular:
			return nil, altered(name, "not a regular file: links and the like are not followed")
		case o.files[name] != nil:
			return nil, altered(name, "it is there twice")
		}
		content, err := m.read(bundle, name, maxBundle-total)
		if err != nil {
			return nil, err
		}
		total += len(content)
		o.files[name] = content
	}
	return o, nil
}

func (o *opened) remark(format string, args ...any) {
	o.remarks = append(o.remarks, fmt.Sprintf(format, args...))
}

// someOf joins names, of many the first.
func someOf(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// wrapping is the one folder that a bundle stands in, with its slash; "": in none. ok:
// there is a manifest.
func wrapping(members []member) (wrap string, ok bool) {
	for _, m := range members {
		dir, name := path.Split(m.name)
		switch {
		case name != fileManifest:
		case dir == "":
			return "", true
		case strings.Count(dir, "/") == 1:
			wrap, ok = dir, true
		}
	}
	return wrap, ok
}

// read reads a file of a bundle, of at most so many bytes.
func (m *member) read(bundle, name string, most int) ([]byte, error) {
	most = min(most, maxOf(name))
	if m.size > int64(most) {
		return nil, tooLarge(bundle, name, m.size)
	}
	f, err := m.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, bundle, name, m.size, most)
}

// readAll reads what should have a size, and at most so many bytes.
func readAll(f io.Reader, bundle, name string, size int64, most int) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead)) // no more is taken than it needs
	n, err := io.Copy(b, io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, err
	}
	if n > int64(most) { // it has grown, or is no file of a size
		return nil, tooLarge(bundle, name, n)
	}
	return b.Bytes(), nil
}

// readFile reads a file by its path.
func readFile(path, name string, most int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	m := member{size: info.Size(), open: func() (io.ReadCloser, error) { return os.Open(path) }}
	return m.read(path, name, most)
}

// tooLarge is the error for what no bundle has.
func tooLarge(bundle, name string, size int64) error {
	what := "it"
	if name != "" {
		what = name
	}
	return &ForeignError{bundle, fmt.Sprintf("not evidence: %s has %d bytes; evidence has at most %s, %s in all", what, size, inWords(maxOf(name)), inWords(maxBundle))}
}
