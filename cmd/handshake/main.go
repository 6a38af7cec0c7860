// Handshake opens connections segment by segment on the running kernel, and reports what each end
// knew when.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
