// Package section replaces sections of bench/RESULTS.md, so that each tool writes its
// own and leaves those of the others as they are.
package section

import (
	"bytes"
	"os"
)

// Put replaces the section that has the same heading (its first line, "## …"), or
// adds it at the end.
func Put(results, section []byte) []byte {
	heading, _, _ := bytes.Cut(section, []byte("\n"))
	before, after, found := bytes.Cut(results, append(heading, '\n'))
	if !found {
		return append(append(bytes.Clone(results), '\n'), section...)
	}
	_, after, found = bytes.Cut(after, []byte("\n## "))
	if found {
		section = append(append(bytes.Clone(section), "\n## "...), after...)
	}
	return append(bytes.Clone(before), section...)
}

// Keep puts the section of the old results that has this heading, if there is one, into
// the new ones.
func Keep(results, old []byte, heading string) []byte {
	_, section, found := bytes.Cut(old, []byte("\n"+heading+"\n"))
	if !found {
		return results
	}
	section, _, _ = bytes.Cut(section, []byte("\n## "))
	return Put(results, append([]byte(heading+"\n"), section...))
}

// Rewrite puts a section into a file.
func Rewrite(path string, section []byte) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, Put(old, section), 0o644)
}
