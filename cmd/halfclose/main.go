// Halfclose shows what each way of ending a connection puts on the wire and
// leaves in both kernels: shutdown, close, the end of a process.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
