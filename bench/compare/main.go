//go:build linux

// Compare measures the binaries against their peers and against the least that
// could be done, and writes the table of bench/RESULTS.md. It is run from the
// top of the tree, as `make bench` does. All traffic stays inside network
// namespaces that it makes; nothing is left behind.
package main

import (
	"fmt"
	"os"
)

func main() {
	do := compareAll
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case holdCommand:
			do = holdShare
		case peakCommand:
			do = printPeak
		}
	}
	if err := do(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}
