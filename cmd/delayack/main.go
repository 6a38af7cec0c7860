// Delayack shows when the running kernel acknowledges at once and when it waits, and what Nagle's
// algorithm makes of that, and reports what was seen.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
