//go:build !linux

package main

import (
	"errors"
	"runtime"
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/live"
)

var errCounters = errors.New("counters needs Linux, this is " + runtime.GOOS)

func count(*cli.Context, live.Place, time.Duration) (*countersReport, error) {
	return nil, errCounters
}
