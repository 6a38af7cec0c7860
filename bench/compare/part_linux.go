package main

import (
	"bytes"
	"os"
	"path/filepath"
)

// renewStaleresp measures staleresp alone, and puts its part into the results.
func (o options) renewStaleresp() ([]byte, error) {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, err
	}
	m, err := thisMachine()
	if err != nil {
		return nil, err
	}
	s, err := o.staleresp(filepath.Join(filepath.Dir(binary), "staleresp"))
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(o.results)
	if err != nil {
		return nil, err
	}
	var part bytes.Buffer
	s.write(&part, m)
	return replacePart(old, part.Bytes()), nil
}

// replacePart puts a part where the results have one with its heading, or at their
// end.
func replacePart(results, part []byte) []byte {
	heading, _, _ := bytes.Cut(part, []byte("\n"))
	before, after, found := bytes.Cut(results, append(heading, '\n'))
	if !found {
		return append(append(bytes.Clone(results), '\n'), part...)
	}
	_, after, found = bytes.Cut(after, []byte("\n## "))
	if found {
		part = append(append(bytes.Clone(part), "\n## "...), after...)
	}
	return append(bytes.Clone(before), part...)
}

// worldsHeading is that of the part which make worlds writes.
const worldsHeading = "## Where something interferes\n"

// keepPart puts a part of the old results, if they have one with that heading, at
// the end of the new ones.
func keepPart(results, old []byte, heading string) []byte {
	_, part, found := bytes.Cut(old, []byte("\n"+heading))
	if !found {
		return results
	}
	part, _, _ = bytes.Cut(part, []byte("\n## "))
	return replacePart(results, append([]byte(heading), part...))
}
