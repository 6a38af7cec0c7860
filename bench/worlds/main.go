//go:build linux

// Worlds runs every scenario of every binary where something interferes: a
// filter that drops segments, a call that fails or lies, a process that is
// stopped, a setting that no user would choose. There a verdict may become
// inconclusive, but never its opposite. It is run from the top of the tree, as
// `make worlds` does; all traffic stays inside network namespaces that it or
// the binaries make.
package main

import (
	"fmt"
	"os"
)

func main() {
	do := disturbAll
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case insideCommand:
			do = becomeBinary
		case clientCommand:
			do = beClient
		case spinCommand:
			do = spin
		}
	}
	if err := do(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "worlds:", err)
		os.Exit(1)
	}
}
