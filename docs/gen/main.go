// Gen writes the pages that are made from the programs themselves: docs/claims.md
// from their recorded runs. With -check it compares instead, and fails where a page
// is not what it would write. Run it from the module's root.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
)

// binaries in the order in which the pages have them.
var binaries = []string{"selfconnect", "simopen", "halfclose", "lingerreset", "staleresp"}

func main() {
	check := flag.Bool("check", false, "compare the pages with what would be written")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "docs/gen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	pages := map[string][]byte{}
	var err error
	if pages["docs/claims.md"], err = claimsPage(); err != nil {
		return err
	}
	for path, content := range pages {
		if err := put(path, content, check); err != nil {
			return err
		}
	}
	return nil
}

// put writes a page, or compares it with the one that is there.
func put(path string, content []byte, check bool) error {
	if !check {
		return os.WriteFile(path, content, 0o644)
	}
	is, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(is, content) {
		return fmt.Errorf("%s is out of date: make docs writes it", path)
	}
	return nil
}
