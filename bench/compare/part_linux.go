package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"sockproof/bench/internal/section"
)

// part is what was measured of one binary alone.
type part interface{ write(w io.Writer, m machine) }

// renewScans measures sockscan alone, and puts its part into the results.
func (o options) renewScans() ([]byte, error) {
	return o.renewPart("sockscan", func(binary string) (part, error) { return o.scans(binary) })
}

// renewStaleresp measures staleresp alone, and puts its part into the results.
func (o options) renewStaleresp() ([]byte, error) {
	return o.renewPart("staleresp", func(binary string) (part, error) { return o.staleresp(binary) })
}

// renewPart measures one binary, which is beside the one that was named.
func (o options) renewPart(name string, measure func(binary string) (part, error)) ([]byte, error) {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, err
	}
	m, err := thisMachine()
	if err != nil {
		return nil, err
	}
	p, err := measure(filepath.Join(filepath.Dir(binary), name))
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(o.results)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	p.write(&b, m)
	return section.Put(old, b.Bytes()), nil
}
