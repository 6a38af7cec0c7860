//go:build !linux

package main

import "sockproof/lib/scenario"

// plays is empty: sockets that connect to themselves are Linux's.
var plays map[string]scenario.Play
