package evidence

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// zipSuffix is how the name of a bundle ends that is one file.
const zipSuffix = ".zip"

// Write writes the bundle to path: a folder, or one file if its name ends in .zip.
// It is written beside that place and renamed, so there is never half of one. What
// is there already is kept, unless force is set and it is evidence.
//
// The error is one line and says what would help.
func (b *Bundle) Write(path string, force bool) error {
	all, err := b.render()
	if err != nil {
		return fmt.Errorf("evidence %s: %w", path, err)
	}
	if err := MayWrite(path, force); err != nil {
		return err
	}
	path = filepath.Clean(path)
	write := writeFolder
	if isArchive(path) {
		write = writeZip
	}
	switch err := write(path, all, force); {
	case errors.Is(err, os.ErrExist): // somebody was quicker
		return fmt.Errorf("evidence %s: %w", path, errExists)
	case err != nil:
		return fmt.Errorf("evidence %s: %w%s", path, atPath(err), remedy(err))
	}
	return nil
}

// MayWrite says why no bundle can be written to path, as far as that shows before
// there is one; nil: nothing speaks against it.
func MayWrite(path string, force bool) error {
	path = filepath.Clean(path)
	if err := mayReplace(path, isArchive(path), force); err != nil {
		return fmt.Errorf("evidence %s: %w", path, err)
	}
	if dir := filepath.Dir(path); dir != "." {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("evidence %s: %w%s", path, err, remedy(err))
		}
	}
	return nil
}

func isArchive(path string) bool { return strings.HasSuffix(path, zipSuffix) }

// atPath is an error without the name that a bundle has until it is whole: nobody has
// given it that, nor will find it there.
func atPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}

// remedy says what would help.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "; free space, or take another place"
	case errors.Is(err, os.ErrPermission):
		return "; take a place where you may write"
	case errors.Is(err, os.ErrNotExist):
		return "; make the folder first"
	case errors.Is(err, syscall.ENOTDIR):
		return "; what it should be in is a file"
	}
	return ""
}

// mayReplace says why what is at a path must stay.
func mayReplace(path string, isZip, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w%s", err, remedy(err))
	case !force:
		return errExists
	case isZip && (!info.Mode().IsRegular() || !isZipBundle(path)):
		return errNotEvidence
	case !isZip && !info.IsDir():
		return errors.New("it exists and is no folder: take another name, or one that ends in .zip")
	case !isZip && !isBundle(path):
		return errNotEvidence
	}
	return nil
}

// Why what is there stays.
var (
	errExists      = errors.New("it exists: --force replaces it, or take another name")
	errNotEvidence = errors.New("it exists and is not evidence: take another name")
)

// isBundle says whether a folder has nothing but the files of a bundle, its
// manifest among them, or nothing at all: then it may be replaced.
func isBundle(path string) bool {
	entries, err := os.ReadDir(path)
	if err != nil {
		return false
	}
	manifest := len(entries) == 0
	for _, e := range entries {
		if !known(e.Name()) || !e.Type().IsRegular() {
			return false
		}
		manifest = manifest || e.Name() == fileManifest && isManifest(filepath.Join(path, fileManifest))
	}
	return manifest
}

// isManifest says whether a file is the manifest of a bundle, of any version.
func isManifest(path string) bool {
	b, err := readFile(path, fileManifest, maxFile)
	return err == nil && isManifestText(b)
}

func isManifestText(b []byte) bool {
	var m struct {
		Schema string `json:"schema"`
	}
	return json.Unmarshal(b, &m) == nil && strings.HasPrefix(m.Schema, schemaFamily)
}

// isZipBundle says whether a file is a bundle, of any version, and nothing else.
func isZipBundle(path string) bool {
	o, err := open(path)
	return err == nil && len(o.extra) == 0 && isManifestText(o.files[fileManifest])
}

// The modes of what is written, which the umask narrows.
const (
	fileMode   = 0o644
	folderMode = 0o755
)

// beside is the name of what a bundle is until it is whole: one that nobody else
// takes, in a container either, where every program has the same number.
func beside(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".sockproof-%016x.tmp", rand.Uint64()))
}

// writeZip takes a name that is there already only if it may replace it: what was not
// there a moment ago is nobody's to overwrite.
func writeZip(path string, all files, force bool) error {
	packed, err := zipOf(all)
	if err != nil {
		return err
	}
	part := beside(path)
	err = writeFile(part, packed)
	if err == nil {
		err = nameFile(part, path, force)
	}
	if err != nil {
		_ = os.Remove(part) // the first error is the one to tell
	}
	return err
}

// nameFile gives a file its name.
func nameFile(part, path string, force bool) error {
	if force {
		if err := mayReplace(path, true, true); err != nil {
			return err
		}
		return os.Rename(part, path)
	}
	switch err := os.Link(part, path); {
	case err == nil:
		return os.Remove(part)
	case errors.Is(err, os.ErrExist):
		return err
	}
	// There are no links here; the rest is luck.
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return os.ErrExist
	}
	return os.Rename(part, path)
}

func writeFolder(path string, all files, force bool) error {
	part := beside(path)
	if err := os.Mkdir(part, folderMode); err != nil {
		return err
	}
	err := fill(part, all)
	if err == nil {
		err = nameFolder(part, path, force)
	}
	if err != nil {
		_ = os.RemoveAll(part) // the first error is the one to tell
	}
	return err
}

// fill writes files into a folder that has just been made.
func fill(dir string, all files) error {
	names := all.names()
	errs := make([]error, len(names))
	atOnce(len(names), func(i int) { errs[i] = writeFile(filepath.Join(dir, names[i]), all[names[i]]) })
	return cmp.Or(errs...)
}

// writeFile writes a file that must not be there yet.
func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// nameFolder gives a folder its name. An old bundle of that name is moved out of the
// way first, and back if that fails or if it cannot be removed: folders cannot be
// exchanged in one step everywhere. Whether it is one is asked where nobody else knows
// it.
func nameFolder(dir, path string, force bool) error {
	if _, err := os.Lstat(path); !force || errors.Is(err, os.ErrNotExist) {
		return onto(dir, path)
	}
	old := beside(path)
	if err := os.Rename(path, old); err != nil {
		return err
	}
	err := errNotEvidence
	if isBundle(old) {
		err = onto(dir, path)
	}
	if err == nil {
		if err = removeBundle(old); err == nil {
			return nil
		}
		if back := os.Rename(path, dir); back != nil {
			return fmt.Errorf("%w; what was there is now %s", err, old)
		}
	}
	if back := os.Rename(old, path); back != nil {
		return fmt.Errorf("%w; what was there is now %s", err, old)
	}
	return err
}

// onto renames a folder. Of what is there, the system lets it take the place of a
// folder only that has nothing in it (rename(2)).
func onto(dir, path string) error {
	err := os.Rename(dir, path)
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.ENOTDIR) && exists(path) {
		return os.ErrExist
	}
	return err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// removeBundle removes a folder and the files that a bundle has, and nothing else; or it changes
// nothing. Whoever may rename a file may remove it, and a name can be given back.
func removeBundle(dir string) error {
	const removed = ".removed"
	var files []string
	for _, name := range bundleNames() {
		file := filepath.Join(dir, name)
		switch err := os.Rename(file, file+removed); {
		case err == nil:
			files = append(files, file)
		case !errors.Is(err, os.ErrNotExist):
			for _, file := range files {
				err = errors.Join(err, os.Rename(file+removed, file))
			}
			return err
		}
	}
	for _, file := range files {
		if err := os.Remove(file + removed); err != nil {
			return err
		}
	}
	return os.Remove(dir)
}
