//go:build !linux

package main

import (
	"errors"
	"runtime"
	"sockproof/lib/live"
)

// scanner asks Linux's sock_diag.
type scanner struct{}

// errScanLinux is why there is nothing to look at.
var errScanLinux = errors.New("sockscan looks at Linux's sockets, and this is " + runtime.GOOS)

func openScanner(*options) (*scanner, error) { return nil, errScanLinux }

func (*scanner) look() (*look, error) { return nil, errScanLinux }

func (*scanner) close() {}

func endingIn(live.Place) (ending, error) { return ending{}, errScanLinux }

func inodesNow(live.Place, []*stay) error { return errScanLinux }
