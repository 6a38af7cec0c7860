// Backlog fills a listener's two queues, the SYN queue and the accept queue, on the
// running kernel, and reports what was seen.
package main

import (
	"os"

	"sockproof/lib/cli"
)

func main() { os.Exit(cli.Main(&program, os.Args, os.Stdout, os.Stderr)) }
