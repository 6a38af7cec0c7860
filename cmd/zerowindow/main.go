// Zerowindow lets a receiver stop reading on the running kernel, so that its sender has to stop, and
// reports what was seen.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
