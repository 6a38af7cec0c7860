// Deadpeer lets the path between two connected sockets go dead, on the running kernel, and reports
// what was seen.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
