//go:build !linux

package main

import (
	"errors"
	"net/netip"
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

func addressOf(s string) (netip.AddrPort, error) { return netip.ParseAddrPort(s) }
