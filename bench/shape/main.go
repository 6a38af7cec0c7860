// Shape measures how long and how intricate the code is, and writes that as the table
// of bench/RESULTS.md. It is run from the top of the tree, as `make shape` does.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"sockproof/bench/internal/section"
)

func main() {
	results := flag.String("results", "bench/RESULTS.md", "the file whose section is rewritten")
	flag.Parse()
	if err := renew(*results); err != nil {
		fmt.Fprintln(os.Stderr, "shape:", err)
		os.Exit(1)
	}
}

// renew measures the tree that the program is run in.
func renew(results string) error {
	s, err := measure(".")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	s.write(&b)
	if _, err := os.Stdout.Write(b.Bytes()); err != nil {
		return err
	}
	return section.Rewrite(results, b.Bytes())
}
