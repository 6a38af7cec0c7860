//go:build !linux

package main

import "sockproof/lib/repro"

// plays is empty: scenarios run on Linux.
var plays map[string]repro.Play
