package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// open reads a bundle: a folder, or a .zip. It reads no more of it than a bundle
// can have, follows no link in it, and opens nothing but regular files.
//
// The error is a ForeignError where it is no bundle, an alteredError where it is
// one no more, or why it could not be read.
func open(path string) (files, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: %w: want a folder or a .zip that --evidence wrote", path, errors.Unwrap(err))
	case err != nil:
		return nil, err
	}
	var all files
	switch {
	case info.IsDir():
		all, err = openFolder(path)
	case !info.Mode().IsRegular():
		return nil, &ForeignError{path, "not evidence: neither a folder nor a regular file"}
	default:
		var b []byte
		if b, err = readFile(path, path, "", maxBundle); err == nil {
			all, err = unzip(path, b)
		}
	}
	if err != nil {
		return nil, err
	}
	if all[fileManifest] == nil {
		return nil, &ForeignError{path, "not evidence: it has no " + fileManifest}
	}
	return all, nil
}

func openFolder(path string) (files, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(path, fileManifest)); errors.Is(err, os.ErrNotExist) {
		return nil, &ForeignError{path, "not evidence: it has no " + fileManifest}
	}
	all, total := files{}, 0
	for _, e := range entries {
		switch {
		case !known(e.Name()):
			return nil, altered("", "holds %q, which is no file of evidence", e.Name())
		case !e.Type().IsRegular():
			return nil, altered(e.Name(), "not a regular file: links and the like are not followed")
		}
		content, err := readFile(path, filepath.Join(path, e.Name()), e.Name(), maxBundle-total)
		if err != nil {
			return nil, err
		}
		total += len(content)
		all[e.Name()] = content
	}
	return all, nil
}

// readFile reads a file of a bundle, or the bundle itself, of at most so many bytes.
func readFile(bundle, path, name string, most int) ([]byte, error) {
	if name != "" {
		most = min(most, maxFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > int64(most) {
		return nil, tooLarge(bundle, name, info.Size())
	}
	b := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead)) // no more is taken than it needs
	n, err := io.Copy(b, io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if n > int64(most) { // it has grown, or is no file of a size
		return nil, tooLarge(bundle, name, n)
	}
	return b.Bytes(), nil
}

// tooLarge is the error for what no bundle has.
func tooLarge(bundle, name string, size int64) error {
	what := "it"
	if name != "" {
		what = name
	}
	return &ForeignError{bundle, fmt.Sprintf("not evidence: %s has %d bytes; evidence has at most %d MiB in a file, %d MiB in all", what, size, maxFile>>20, maxBundle>>20)}
}
