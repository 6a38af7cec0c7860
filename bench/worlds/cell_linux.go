package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// A cell is what is run in a world.
type cell struct {
	binary, scenario, net, family string
	standard                      bool   // the binary's default scenario
	command                       string // of a binary without scenarios: its arguments
	slow                          bool   // such a command that waits
}

func (c cell) String() string { return c.binary + " " + c.scenario + " " + c.net + " " + c.family }

var families4and6 = []string{"ipv4", "ipv6"}

// costs of scenarios that take longer than a second, as measured: those are
// taken in fewer worlds, and are given more time.
var costs = map[string]int{
	"selfconnect outside-range": 7,
	"simopen lost-syn":          2,
	"simopen lost-synack":       2,
	"simopen race":              3,
	"simopen retry":             2,
	"halfclose unsent":          3,
	"halfclose orphan":          2,
	"halfclose half-open":       4,
	"halfclose leak":            2,
	"halfclose time-wait":       3,
	"lingerreset linger-n":      3,
	"lingerreset causes":        3,
	"staleresp time-wait":       2,
	"backlog never-room":        4,
	"backlog flood":             2,
	"backlog mitigated":         4,
	"backlog synack-retries":    9,
	"backlog cookie-overflow":   2,
	"handshake third-lost":      2,
	"handshake syn-lost":        6,
	"handshake two-way":         2,
	"timewait ports":            2,
	"deadpeer idle":             5,
	"deadpeer writing":          4,
	"deadpeer user-timeout":     5,
	"deadpeer fin-lost":         3,
	"deadpeer nat":              4,
	"deadpeer heals":            2,
	"deadpeer unreachable":      4,
	"zerowindow stop":           2,
	"zerowindow update-lost":    2,
	"zerowindow user-timeout":   2,
}

// anyFamily is the cell where it is no matter which IP there is.
func (c cell) anyFamily() cell {
	c.family = ""
	return c
}

func (c cell) cost() int { return max(1, costs[c.binary+" "+c.scenario]) }

// bound is the most that a scenario gets. Where something is dropped it often
// waits for what never comes.
func (c cell) bound() time.Duration {
	return 1500*time.Millisecond + time.Duration(c.cost())*time.Second
}

// checkedBound is that of a checked run: a fault must not look like too little time,
// and each call takes longer, for the warden sees it.
func (c cell) checkedBound() time.Duration { return 10*time.Second + 2*c.bound() }

// args are the binary's own.
func (c cell) args() []string { return c.argsWithin(c.bound()) }

func (c cell) argsWithin(bound time.Duration) []string {
	family := "-4"
	if c.family == "ipv6" {
		family = "-6"
	}
	return []string{"--format", "json", "--net", c.net, family, "--timeout", bound.String(), c.scenario}
}

// cellsOf lists a binary's scenarios, where each can run.
func cellsOf(ctx context.Context, dir, binary string) (all []cell, err error) {
	path := filepath.Join(dir, binary)
	out, err := exec.CommandContext(ctx, path, "list", "--format", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("%s list: %w; run make build first", path, err)
	}
	var list struct {
		Scenarios []struct {
			Name     string
			Networks []string
		}
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("%s list: %w", path, err)
	}
	standard, err := standardOf(ctx, path)
	if err != nil {
		return nil, err
	}
	for _, s := range list.Scenarios {
		for _, net := range s.Networks {
			for _, family := range families4and6 {
				all = append(all, cell{binary: binary, scenario: s.Name, net: net, family: family, standard: s.Name == standard})
			}
		}
	}
	return all, nil
}

// standardOf is what a binary runs when nothing is asked for.
func standardOf(ctx context.Context, path string) (string, error) {
	// How it comes out is no matter here.
	out, _ := exec.CommandContext(ctx, path, "--format", "json").Output()
	r, err := decode(out)
	if err != nil {
		return "", fmt.Errorf("%s without a scenario: %w", path, err)
	}
	return r.Scenario, nil
}

// binaries are those that have scenarios.
var binaries = []string{"selfconnect", "simopen", "halfclose", "lingerreset", "staleresp", "backlog", "deadpeer", "idleclose", "timewait", "handshake", "delayack", "zerowindow"}

func only[T any](all []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return !keep(v) })
}
