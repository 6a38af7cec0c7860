//go:build !linux

package main

import (
	"errors"
	"runtime"

	"sockproof/lib/live"
)

// stuckScanner asks Linux's sock_diag.
type stuckScanner struct{}

// errScanLinux is why there is nothing to scan.
var errScanLinux = errors.New("scan needs Linux, this is " + runtime.GOOS)

func openStuckScanner(live.Place) (*stuckScanner, error) { return nil, errScanLinux }

func (*stuckScanner) scan() (*stuckTally, bool, error) { return nil, false, errScanLinux }

func (*stuckScanner) close() {}
