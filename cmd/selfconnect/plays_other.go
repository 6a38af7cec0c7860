//go:build !linux

package main

import "sockproof/lib/repro"

// plays is empty: sockets that connect to themselves are Linux's.
var plays map[string]repro.Play
