// Staleresp makes a long connection hand a request the wrong reply, on the
// running kernel, and reports who was told what.
package main

import (
	"os"

	"sockproof/lib/repro"
)

func main() { os.Exit(repro.Main(&program, os.Args, os.Stdout, os.Stderr)) }
