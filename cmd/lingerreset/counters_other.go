//go:build !linux

package main

import (
	"errors"
	"runtime"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/repro"
)

var errCounters = errors.New("counters needs Linux, this is " + runtime.GOOS)

func count(*repro.Context, live.Place, time.Duration) (*countersReport, error) {
	return nil, errCounters
}
