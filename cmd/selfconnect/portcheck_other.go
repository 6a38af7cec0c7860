//go:build !linux

package main

import (
	"errors"
	"runtime"
)

// errPort is why there are no settings to judge by.
var errPort = errors.New("port needs Linux, this is " + runtime.GOOS)

// readPortSettings reads Linux's settings.
func readPortSettings(place) (portSettings, error) { return portSettings{}, errPort }
