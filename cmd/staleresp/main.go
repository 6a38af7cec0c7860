// Staleresp makes a long connection hand a request the wrong reply, on the
// running kernel, and reports who was told what.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
