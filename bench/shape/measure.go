package main

import (
	"encoding/json"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// shape is what is measured.
type shape struct {
	binaries []binary
	lib      int // lines of lib/scenario and lib/cli, without tests
	longest  []function
	hardest  []function
}

// binary is the measure of one program.
type binary struct {
	name      string
	scenarios int          // that `list` shows
	claims    int          // that `list` shows, each once
	lines     map[kind]int // of declarations
	size      int64        // as make build leaves it, in bytes
	most      float64      // how large it may be, in MiB
	testdata  int64        // bytes of the files in the folder of that name
}

// first is how many binaries there were when the bounds of all their lines and recordings
// were set: they are the first of the list.
const first = 5

func measure(root string) (*shape, error) {
	fset := token.NewFileSet()
	all, err := parseTree(fset, root)
	if err != nil {
		return nil, err
	}
	s := &shape{}
	s.longest, s.hardest = functions(fset, all)
	for _, b := range []binary{
		{name: "selfconnect", most: 8},
		{name: "simopen", most: 8},
		{name: "halfclose", most: 8},
		{name: "lingerreset", most: 8},
		{name: "staleresp", most: 10},
		{name: "backlog", most: 8},
		{name: "deadpeer", most: 8},
		{name: "idleclose", most: 8},
		{name: "timewait", most: 8},
		{name: "handshake", most: 8},
		{name: "delayack", most: 8},
		{name: "zerowindow", most: 8},
	} {
		if err := b.measure(fset, all); err != nil {
			return nil, err
		}
		s.binaries = append(s.binaries, b)
	}
	plumbing := append(under(all, "lib/scenario"), under(all, "lib/cli")...)
	if s.lib, err = lines(slices.DeleteFunc(plumbing, source.isTest)); err != nil {
		return nil, err
	}
	return s, nil
}

// measure counts one program's lines, and runs it to learn what it has.
func (b *binary) measure(fset *token.FileSet, all []source) error {
	p := declarations(fset, in(all, filepath.Join("cmd", b.name)))
	p.classify()
	b.lines = map[kind]int{}
	for _, d := range p.all {
		b.lines[d.kind] += d.lines
	}
	path := filepath.Join("bin", b.name)
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%w; run make build first", err)
	}
	b.size = info.Size()
	if b.testdata, err = sizeOf(filepath.Join("cmd", b.name, "testdata")); err != nil {
		return err
	}
	return b.list(path)
}

// list counts the scenarios and the claims.
func (b *binary) list(path string) error {
	out, err := exec.Command(path, "list", "--format", "json").Output()
	if err != nil {
		return fmt.Errorf("%s list: %w", path, err)
	}
	var l struct {
		Scenarios []struct{ Claims []struct{ ID string } }
	}
	if err := json.Unmarshal(out, &l); err != nil {
		return fmt.Errorf("%s list: %w", path, err)
	}
	ids := map[string]bool{}
	for _, s := range l.Scenarios {
		for _, c := range s.Claims {
			ids[c.ID] = true
		}
	}
	b.scenarios, b.claims = len(l.Scenarios), len(ids)
	return nil
}

// sizeOf is the length of all files of a folder.
func sizeOf(folder string) (size int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}
