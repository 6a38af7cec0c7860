package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A home is where a checked run writes: its working directory, with one for temporary
// files.
type home struct{ dir string }

// evidenceName is where a checked run writes its evidence, below its home.
const evidenceName = "evidence"

func newHome() (*home, error) {
	dir, err := os.MkdirTemp("", "sockproof-home-")
	if err != nil {
		return nil, err
	}
	return &home{dir}, os.Mkdir(filepath.Join(dir, "tmp"), 0o755)
}

func (h *home) environment() []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TMPDIR=") }),
		"TMPDIR="+filepath.Join(h.dir, "tmp"))
}

func (h *home) remove() error { return os.RemoveAll(h.dir) }

// endings bounds how long what a run started may take to end after it.
const endings = 5 * time.Second

// remains is what a run has left: processes, files, evidence that cannot be verified,
// devices and rules in the namespace that it began in.
func (s *surroundings) remains(ctx context.Context, l launcher, c cell, order inside) (all []string) {
	if len(order.Cgroups) > 0 {
		if left := processes(order.Cgroups[0]); left != "" {
			all = append(all, "processes "+left)
		}
	}
	all = append(all, s.home.remains(ctx, filepath.Join(l.dir, c.binary))...)
	err := in(s.host, func() error {
		links, err := net.Interfaces()
		if err != nil {
			return fmt.Errorf("list devices: %w", err)
		}
		for _, link := range links {
			if link.Name != "lo" {
				all = append(all, "device "+link.Name)
			}
		}
		if c.binary != "badpeer" && c.binary != "deadpeer" {
			return nil // which set no rules
		}
		rules, err := command("", "nft", "list", "ruleset")
		if rules = strings.TrimSpace(rules); rules != "" {
			all = append(all, "rules "+firstLine(rules))
		}
		return err
	})
	if err != nil {
		all = append(all, err.Error())
	}
	return all
}

// processes are those that a cgroup still has, after they had time to end.
func processes(dir string) (left string) {
	for deadline := time.Now().Add(endings); ; time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil {
			return err.Error()
		}
		if left = strings.Join(strings.Fields(string(b)), " "); left == "" || time.Now().After(deadline) {
			return left
		}
	}
}

func (h *home) remains(ctx context.Context, binary string) (all []string) {
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return []string{err.Error()}
	}
	for _, e := range entries {
		switch e.Name() {
		case "tmp", "client.log":
		case evidenceName:
			if out, err := exec.CommandContext(ctx, binary, "verify", filepath.Join(h.dir, e.Name())).CombinedOutput(); err != nil {
				all = append(all, fmt.Sprintf("evidence that cannot be verified (%v): %s", err, lastLine(out)))
			}
		default:
			all = append(all, "file "+e.Name())
		}
	}
	temporary, err := os.ReadDir(filepath.Join(h.dir, "tmp"))
	for _, e := range temporary {
		all = append(all, "temporary file "+e.Name())
	}
	if err != nil {
		all = append(all, err.Error())
	}
	return all
}

func lastLine(b []byte) string {
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return string(lines[len(lines)-1])
}
