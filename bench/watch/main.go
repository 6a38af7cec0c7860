//go:build linux

// Watch measures what it costs a machine to be watched: how many connections a second it makes
// and ends, at most, while nobody watches, and beside each way to watch. It rewrites its section
// of bench/RESULTS.md. It is run from the top of the tree, as root, as `make bench-watch` does.
package main

import (
	"fmt"
	"os"
)

func main() {
	do := compare
	if len(os.Args) > 1 && os.Args[1] == loadCommand {
		do = load
	}
	if err := do(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
}
