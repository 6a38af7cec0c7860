//go:build !linux

package main

import "sockproof/lib/scenario"

// plays is empty: scenarios run on Linux.
var plays map[string]scenario.Play
