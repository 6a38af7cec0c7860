// Lingerreset shows what draws a RST, which call learns of it, and when the
// SIGPIPE that follows kills.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
