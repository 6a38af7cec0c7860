// Badpeer runs a program against a peer that misbehaves, and says whether the program copes.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
