// Sockscan looks at the TCP sockets of this machine, and says what is wrong with them.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
