package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
)

// The binary's own flags.
const (
	patienceFlag   = "patience"
	delayFlag      = "delay"
	timestampsFlag = "timestamps"
)

// How long a client waits for a reply, and how late a late one is, if nobody says
// otherwise.
const (
	usualPatience = 20 * time.Millisecond
	usualDelay    = 30 * time.Millisecond
)

// maxDelay bounds both, so that a scenario ends within its time.
const maxDelay = 2 * time.Second

// span is a flag's value that is a short time.
type span struct{ d time.Duration }

// Set refuses what is no such time.
func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Millisecond || d > maxDelay {
		return fmt.Errorf("want a duration from 1ms to %v", maxDelay)
	}
	s.d = d
	return nil
}

func (s *span) String() string {
	if s.d == 0 {
		return ""
	}
	return s.d.String()
}

// durationOf is the value of such a flag, or what is usual.
func durationOf(text string, usual time.Duration) time.Duration {
	var s span
	if s.Set(text) != nil {
		return usual // not given: the command line has been checked
	}
	return s.d
}

// The values of --timestamps.
const (
	timestampsOff  = "off"
	timestampsOn   = "on"
	timestampsBoth = "both"
)

// choice is a flag's value out of those of --timestamps.
type choice struct{ value string }

// Set refuses what is not among them.
func (c *choice) Set(text string) error {
	switch text {
	case timestampsOff, timestampsOn, timestampsBoth:
		c.value = text
		return nil
	}
	return fmt.Errorf("want %s, %s or %s", timestampsOff, timestampsOn, timestampsBoth)
}

func (c *choice) String() string { return c.value }

// ownFlags are the flags of the scenarios.
func ownFlags() []cli.Flag {
	return []cli.Flag{
		&cli.GenericFlag{Name: patienceFlag, Value: &span{}, Usage: "clients wait `D` for a reply (SO_RCVTIMEO; 20ms)"},
		&cli.GenericFlag{Name: delayFlag, Value: &span{}, Usage: "a late reply comes `D` after its request (30ms)"},
		&cli.GenericFlag{Name: timestampsFlag, Value: &choice{}, Usage: "incarnation: TCP timestamps `WHICH`: on, off or both (both)"},
	}
}
