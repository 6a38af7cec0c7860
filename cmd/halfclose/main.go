// Halfclose ends TCP connections in every way and order.
package main

import (
	"os"

	"sockproof/lib/repro"
)

func main() { os.Exit(repro.Main(&program, os.Args, os.Stdout, os.Stderr)) }
