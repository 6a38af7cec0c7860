//go:build !linux

package main

import (
	"errors"
	"runtime"

	"sockproof/lib/cli"
)

var errVictim = errors.New("victim needs Linux, this is " + runtime.GOOS)

func doVictim(c *cli.Context) (int, error) {
	if _, err := victimOf(c); err != nil {
		return cli.ExitUsage, err
	}
	return cli.ExitInconclusive, errVictim
}

func (v *victim) find() error { return nil }
