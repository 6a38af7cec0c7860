// Package evidence writes what a run showed as one bundle, a folder or a .zip, and
// judges such a bundle again: hashes, packets and verdicts, offline, on any
// platform. A bundle is a function of the journals and the facts about the
// machine: everything else in it can be made again from them and compared.
package evidence

import (
	"errors"
	"fmt"
	"slices"
)

// The files of a bundle.
const (
	fileJournal  = "journal.jsonl"
	fileMachine  = "machine.json"
	fileManifest = "manifest.json"
	filePage     = "report.html"
	fileReport   = "report.json"
	fileStory    = "report.md"
	fileCapture  = "wire.pcapng"
)

// rendering makes one file of a bundle.
type rendering struct {
	name string
	make func(*Bundle) ([]byte, error)
	// source: the others are made from it; it is read back, and never compared
	// with what this version would render.
	source bool
}

// renderings are the files of a bundle but the manifest, in order of their names.
// One that is added here is written, expected and compared; bundles of older
// versions, which lack it, are read as long as optional names it.
var renderings = []rendering{
	{name: fileJournal, make: (*Bundle).journal, source: true},
	{name: fileMachine, make: (*Bundle).machine, source: true},
	{name: filePage, make: (*Bundle).page},
	{name: fileReport, make: (*Bundle).report},
	{name: fileStory, make: (*Bundle).story},
	{name: fileCapture, make: (*Bundle).capture},
}

// optional are the files that bundles of older versions lack.
var optional []string

// The limits of a bundle. What is beyond them is neither written nor read: an
// attachment that nobody can open is no evidence, and a stranger's must not take
// all memory.
const (
	maxFile   = 32 << 20 // bytes of one file
	maxBundle = 64 << 20 // bytes of all files
	maxEvents = 50_000
)

// files are a bundle's files by name.
type files map[string][]byte

// names lists the files in their order.
func (f files) names() []string {
	var names []string
	for n := range f {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// known says whether a bundle can have a file of that name.
func known(name string) bool {
	return name == fileManifest || slices.ContainsFunc(renderings, func(r rendering) bool { return r.name == name })
}

// render makes all files of a bundle.
func (b *Bundle) render() (files, error) {
	all, total := files{}, 0
	for _, r := range renderings {
		content, err := r.make(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		if total += len(content); len(content) > maxFile || total > maxBundle {
			return nil, fmt.Errorf("%s: %d bytes; evidence has at most %d MiB in a file, %d MiB in all, so that anyone can open it: run fewer scenarios at once",
				r.name, len(content), maxFile>>20, maxBundle>>20)
		}
		all[r.name] = content
	}
	if n := b.events(); n > maxEvents {
		return nil, fmt.Errorf("%s: %d events; evidence has at most %d: run fewer scenarios at once", fileJournal, n, maxEvents)
	}
	all[fileManifest] = manifestOf(all)
	return all, nil
}

// ForeignError is that something is no evidence, or evidence that this program
// cannot judge: another program's, another version's.
type ForeignError struct {
	Path string // as it was given
	Text string
}

// Error is one line.
func (e *ForeignError) Error() string { return e.Path + ": " + e.Text }

// alteredError is that a bundle is not as it was written, so much so that it
// cannot be read.
type alteredError struct{ Problem }

// Error is one line.
func (e *alteredError) Error() string { return e.String() }

func altered(file, format string, args ...any) error {
	return &alteredError{Problem{File: file, Text: fmt.Sprintf(format, args...)}}
}

// isAltered finds the problem in an error.
func isAltered(err error) (Problem, bool) {
	var a *alteredError
	if errors.As(err, &a) {
		return a.Problem, true
	}
	return Problem{}, false
}
