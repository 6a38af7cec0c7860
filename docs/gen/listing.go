package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
)

// listing is what a program says of itself: BINARY list --format json.
type listing struct {
	Tool struct {
		Name, Version string
	}
	Summary   string
	Does      string // without a command, where there are no scenarios
	Exit      string
	Scenarios []struct {
		Name, Title string
	}
	Commands []command
	Flags    []flagListed
	Examples []example
}

type command struct {
	Name, Usage, Args, Exit string
	Files                   bool // its arguments are names of files
	Flags                   []flagListed
	Examples                []example
}

type flagListed struct {
	Name, Value, Usage string
	Words              []string // that it takes, where they are few
	File               bool     // its value is a file's name
}

type example struct{ Line, Does string }

// listingOf asks a program that has been built.
func listingOf(binary string) (*listing, error) {
	out, err := exec.Command("bin/"+binary, "list", "--format", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("bin/%s: %w: make build makes it", binary, err)
	}
	l := &listing{}
	return l, json.Unmarshal(out, l)
}
