package main

import (
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
)

// The binary's own flags.
const (
	patienceFlag   = "patience"
	lateByFlag     = "late-by"
	timestampsFlag = "timestamps"
)

// How long a client waits for a reply, and how late a late one is, if nobody says
// otherwise.
const (
	usualPatience = 20 * time.Millisecond
	usualLateness = 30 * time.Millisecond
)

// maxSpan bounds both, so that a scenario ends within its time.
const maxSpan = 2 * time.Second

// spanFlag declares a flag whose value is a short time.
func spanFlag(name, usage string, usual time.Duration) urfave.Flag {
	return cli.Duration(name, usage, usual.String(), maxSpan)
}

// durationOf is the value of such a flag, or what is usual.
func durationOf(text string, usual time.Duration) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return usual // there was no command line: it would have been checked
}

// The values of --timestamps.
const (
	timestampsOff  = "off"
	timestampsOn   = "on"
	timestampsBoth = "both"
)

// ownFlags are the flags of the scenarios.
func ownFlags() []urfave.Flag {
	return []urfave.Flag{
		spanFlag(patienceFlag, "clients wait `D` for a reply that is late", usualPatience),
		spanFlag(lateByFlag, "a late reply comes `D` after its request", usualLateness),
		cli.Choice(timestampsFlag, "with incarnation: TCP timestamps", timestampsBoth, timestampsOn, timestampsOff, timestampsBoth),
	}
}
