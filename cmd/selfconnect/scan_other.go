//go:build !linux

package main

import (
	"errors"
	"runtime"

	"sockproof/lib/live"
)

// errScan is why there is nothing to scan.
var errScan = errors.New("scan needs Linux, this is " + runtime.GOOS)

// scan asks Linux's sock_diag.
func scan(live.Place) (*scanned, error) { return nil, errScan }
