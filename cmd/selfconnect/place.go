package main

import (
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"sockproof/lib/repro"
)

// place is the network namespace that a command looks into: the caller's own,
// or the one that --netns or --pid names.
type place struct {
	netns string // a path; empty: not given
	pid   int    // 0: not given
}

// placeFlags name a place. They are made anew for each command: the parser
// keeps a flag's value in it.
func placeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "netns", Usage: "look into the network namespace at `PATH`, like /run/netns/NAME"},
		&cli.StringFlag{Name: "pid", Usage: "look into the network namespace of process `PID`"},
	}
}

// placeOf reads the flags.
func placeOf(c *cli.Context) (place, error) {
	var p place
	if c.IsSet("netns") && c.IsSet("pid") {
		return p, usagef("flags --netns and --pid exclude each other: give one")
	}
	if c.IsSet("netns") {
		if p.netns = c.String("netns"); p.netns == "" {
			return p, usagef(`flag "--netns": value "": want a path like /run/netns/NAME or /proc/PID/ns/net`)
		}
	}
	if c.IsSet("pid") {
		n, err := strconv.Atoi(c.String("pid"))
		if err != nil || n < 1 {
			return p, usagef("flag \"--pid\": value %q: want a process's number, from 1", c.String("pid"))
		}
		p.pid = n
	}
	return p, nil
}

// path is the namespace's file; empty: the caller's own.
func (p place) path() string {
	if p.pid != 0 {
		return fmt.Sprintf("/proc/%d/ns/net", p.pid)
	}
	return p.netns
}

// flag is the place as it was given.
func (p place) flag() string {
	if p.pid != 0 {
		return fmt.Sprintf("--pid %d", p.pid)
	}
	return "--netns " + p.netns
}

// String names the place; empty: the caller's own namespace, which goes
// without saying.
func (p place) String() string {
	switch {
	case p.pid != 0:
		return fmt.Sprintf("the network namespace of process %d", p.pid)
	case p.netns != "":
		return "the network namespace " + p.netns
	}
	return ""
}

// usagef is a mistake in how the program was called: exit code 2.
func usagef(format string, args ...any) error {
	return &repro.UsageError{Text: fmt.Sprintf(format, args...)}
}
