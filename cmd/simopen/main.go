// Simopen makes two TCP clients connect to each other, with no server, on the
// running kernel, and reports what was seen.
package main

import (
	"os"

	"sockproof/lib/repro"
)

func main() { os.Exit(repro.Main(&program, os.Args, os.Stdout, os.Stderr)) }
