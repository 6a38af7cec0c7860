//go:build !linux

package main

import (
	"errors"
	"runtime"

	"sockproof/lib/live"
)

// errPort is why there are no settings to judge by.
var errPort = errors.New("port needs Linux, this is " + runtime.GOOS)

// readPortSettings reads Linux's settings.
func readPortSettings(live.Place) (portSettings, error) { return portSettings{}, errPort }
