//go:build !linux

package main

import (
	"errors"
	"runtime"

	"sockproof/lib/repro"
)

var errVictim = errors.New("victim needs Linux, this is " + runtime.GOOS)

func doVictim(c *repro.Context) (int, error) {
	if _, err := victimOf(c); err != nil {
		return repro.ExitUsage, err
	}
	return repro.ExitInconclusive, errVictim
}

func (v *victim) find() error { return nil }
