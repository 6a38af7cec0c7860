// Timewait uses up ports by TIME_WAIT on the running kernel, and reports which can be had again,
// by whom, and when.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
