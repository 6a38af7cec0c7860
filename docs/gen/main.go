// Gen writes the pages that are made from the programs themselves: docs/claims.md
// from their recorded runs, docs/kernels.md from what bench/kernels saw, manual pages and
// completions from what they list. With -check it compares instead, and fails where a page is not what it would write, or
// refers to what is not there.
// Run it from the module's root, with the programs built.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// phenomena are the binaries that have scenarios, binaries all, in the order in which the
// pages have them.
var (
	phenomena = []string{"selfconnect", "simopen", "halfclose", "lingerreset", "staleresp", "backlog", "deadpeer", "idleclose", "timewait", "handshake", "delayack", "zerowindow"}
	binaries  = append(slices.Clone(phenomena), "sockscan", "badpeer")
)

func main() {
	check := flag.Bool("check", false, "compare the pages with what would be written")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "docs/gen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	if check {
		if err := errors.Join(checkLinks(), checkTranslated()); err != nil {
			return err
		}
	}
	pages := map[string][]byte{}
	var err error
	if pages["docs/claims.md"], err = claimsPage(); err != nil {
		return err
	}
	for _, binary := range binaries {
		l, err := listingOf(binary)
		if err != nil {
			return err
		}
		pages["docs/man/"+binary+".1"] = manPage(l)
		pages["docs/completion/"+binary+".bash"] = bashCompletion(l)
		pages["docs/completion/_"+binary] = zshCompletion(l)
		pages["docs/completion/"+binary+".fish"] = fishCompletion(l)
	}
	kernels, unexplained := kernelsPage()
	if kernels == nil {
		return unexplained
	}
	pages["docs/kernels.md"] = kernels // written also where something is not explained
	for path, content := range pages {
		if err := put(path, content, check); err != nil {
			return err
		}
	}
	return unexplained
}

// put writes a page, or compares it with the one that is there.
func put(path string, content []byte, check bool) error {
	if !check {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
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
