package main

import (
	"bytes"
	"os"
	"path/filepath"

	"sockproof/bench/internal/section"
)

// renewScans measures sockscan alone, and puts its part into the results.
func (o options) renewScans() ([]byte, error) {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, err
	}
	m, err := thisMachine()
	if err != nil {
		return nil, err
	}
	s, err := o.scans(filepath.Join(filepath.Dir(binary), "sockscan"))
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(o.results)
	if err != nil {
		return nil, err
	}
	var part bytes.Buffer
	s.write(&part, m)
	return section.Put(old, part.Bytes()), nil
}

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
	return section.Put(old, part.Bytes()), nil
}
