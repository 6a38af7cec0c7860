// Kernels reads what the binaries said on a kernel (`inside` writes it), and says how it
// differs from what is kept for that kernel in bench/kernels/results, with -keep puts it
// there. `make kernels` runs it; docs/kernels.md is made from what is kept.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"sockproof/bench/kernels/result"
)

func main() {
	folder := flag.String("results", "", "the folder that `inside` wrote")
	arch := flag.String("arch", "amd64", "the kernel's architecture")
	debian := flag.String("debian", "", "the version of Debian's package; none: it is the machine's own kernel")
	keep := flag.Bool("keep", false, "keep what was seen, to be compared with")
	flag.Parse()
	if err := run(*folder, *arch, *debian, *keep, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func run(folder, arch, debian string, keep bool, out io.Writer) error {
	k, err := collect(folder, out)
	if err != nil {
		return err
	}
	k.Arch, k.Debian, k.Name = arch, debian, result.Reference
	if debian != "" {
		k.Name = result.Series(k.Kernel)
		if arch != "amd64" {
			k.Name += "-" + arch
		}
	}
	summary(k, out)
	if keep {
		return k.Save()
	}
	return compare(k, out)
}

// summary counts what the items came to.
func summary(k *result.Kernel, out io.Writer) {
	count := map[string]int{}
	var kinds []string
	for _, came := range k.Items {
		if count[came]++; count[came] == 1 {
			kinds = append(kinds, came)
		}
	}
	slices.Sort(kinds)
	fmt.Fprintf(out, "%s (%s):", k.Kernel, k.Arch)
	for _, kind := range kinds {
		fmt.Fprintf(out, " %d %s", count[kind], kind)
	}
	fmt.Fprintln(out)
}

// compare says how a kernel differs from what is kept for it, or, where nothing is, from
// the reference. That something was seen otherwise is an error; that nothing was is told.
func compare(k *result.Kernel, out io.Writer) error {
	reference, others, err := result.Load()
	if err != nil {
		return err
	}
	kept := reference
	if i := slices.IndexFunc(others, func(o *result.Kernel) bool { return o.Name == k.Name }); i >= 0 {
		kept = others[i]
	}
	otherwise := 0
	for _, d := range k.Against(kept) {
		if d.Place == "" && d.Was != result.Slow && d.Was != result.Inconclusive && result.Decided(d.Is) {
			otherwise++
		}
		fmt.Fprintf(out, "%s: %s (results/%s.json): %s\n", d.Item, d, kept.Name, k.Because[d.Item])
	}
	if otherwise > 0 {
		return fmt.Errorf("%s: %d items are otherwise than in results/%s.json", k.Kernel, otherwise, kept.Name)
	}
	return nil
}
