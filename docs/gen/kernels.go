package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sockproof/bench/kernels/result"
)

// A reason is why some items come to something else on some kernels than on the reference.
type reason struct {
	kernels []string // as the results of each are named: "6.1"
	items   []string // claims and scenarios: "SC3", "backlog proxy"
	why     string
}

// kernelsPage is docs/kernels.md: what is otherwise on other kernels, as bench/kernels saw
// it, and why. Its error names the differences that no reason explains, and what a reason
// explains that is no difference; the page is there all the same.
func kernelsPage() ([]byte, error) {
	reference, others, err := result.Load()
	if err != nil {
		return nil, err
	}
	var claims []statement
	for _, binary := range phenomena {
		verdicts, err := verdictsOf(binary)
		if err != nil {
			return nil, err
		}
		for _, v := range verdicts {
			claims = append(claims, statement{v.Claim, v.Statement})
		}
	}
	c := comparison{reference: reference, others: others, claims: claims}
	page := c.page(reasons)
	return page, errors.Join(c.wrong...)
}

type statement struct{ claim, says string }

// comparison is what the page is made from.
type comparison struct {
	reference *result.Kernel
	others    []*result.Kernel
	claims    []statement // all that there are, in the page's order
	wrong     []error
}

func (c *comparison) page(reasons []reason) []byte {
	var b bytes.Buffer
	b.WriteString(kernelsHead)
	b.WriteString("\n| kernel | Debian's package | claims | scenarios | tried |\n| --- | --- | --- | --- | --- |\n")
	for _, k := range slices.Concat(c.others, []*result.Kernel{c.reference}) {
		c.writeKernel(&b, k)
	}
	b.WriteString(kernelsDifferences)
	b.WriteString("\n| | statement |")
	for _, k := range c.others {
		fmt.Fprintf(&b, " %s |", k.Name)
	}
	fmt.Fprintf(&b, " %s | why |\n| --- | --- |%s --- | --- |\n", result.Series(c.reference.Kernel), strings.Repeat(" --- |", len(c.others)))
	c.writeRows(&b, reasons)
	b.WriteString(kernelsTail)
	return b.Bytes()
}

// namedMost is how many claims that were not tried are named.
const namedMost = 20

// writeKernel is a kernel's row: how much was tried there, and what was not.
func (c *comparison) writeKernel(b *bytes.Buffer, k *result.Kernel) {
	var missing []string
	for _, s := range c.claims {
		if k.Items[s.claim] == "" {
			missing = append(missing, s.claim)
		}
	}
	scenarios, reproduced := 0, 0
	for item, came := range k.Items {
		if strings.Contains(item, " ") {
			scenarios++
			if came == result.Reproduced {
				reproduced++
			}
		}
	}
	debian := k.Debian
	if debian == "" {
		debian = "– (the reference)"
	}
	claims := fmt.Sprint(len(c.claims) - len(missing))
	switch n := len(missing); {
	case n > namedMost:
		claims += fmt.Sprintf("; not %d others", n)
	case n > 0:
		claims += "; not " + strings.Join(missing, " ")
	}
	fmt.Fprintf(b, "| %s (%s) | %s | %s | %d, %d reproduced | %s |\n", k.Kernel, k.Arch, debian, claims, scenarios, reproduced, strings.Join(k.Places, ", "))
}

// writeRows is a row for each item that differs somewhere: claims, then scenarios.
func (c *comparison) writeRows(b *bytes.Buffer, reasons []reason) {
	differ := map[string]map[string]result.Difference{} // item, kernel
	for _, k := range c.others {
		for _, d := range k.Against(c.reference) {
			if differ[d.Item] == nil {
				differ[d.Item] = map[string]result.Difference{}
			}
			differ[d.Item][k.Name] = d
		}
	}
	for _, s := range c.claims {
		if differ[s.claim] != nil {
			c.writeRow(b, s.claim, cell(s.says), differ[s.claim], reasons)
		}
	}
	for _, item := range slices.Sorted(maps.Keys(differ)) {
		if !slices.ContainsFunc(c.claims, func(s statement) bool { return s.claim == item }) {
			c.writeRow(b, item, "", differ[item], reasons)
		}
	}
	for _, r := range reasons {
		for _, item := range r.items {
			for _, kernel := range r.kernels {
				if _, ok := differ[item][kernel]; !ok {
					c.wrong = append(c.wrong, fmt.Errorf("%s on %s is explained, and is no difference", item, kernel))
				}
			}
		}
	}
}

// writeRow is an item's row: what it came to on each kernel, and why it differs.
func (c *comparison) writeRow(b *bytes.Buffer, item, says string, differ map[string]result.Difference, reasons []reason) {
	var why []string
	if strings.Contains(item, " ") {
		fmt.Fprintf(b, "| | `%s` |", item)
	} else {
		fmt.Fprintf(b, "| %s | %s |", item, says)
	}
	for _, k := range c.others {
		d, differs := differ[k.Name]
		fmt.Fprintf(b, " %s |", said(k.Items[item], d))
		if !differs {
			continue
		}
		explained := d.Is == result.Slow
		for _, r := range reasons {
			if slices.Contains(r.items, item) && slices.Contains(r.kernels, k.Name) {
				explained = true
				why = append(why, r.why)
			}
		}
		if !explained {
			why = append(why, k.Name+": **not explained**")
			c.wrong = append(c.wrong, fmt.Errorf("%s on %s is %s, and nothing explains it", item, k.Name, d))
		}
	}
	slices.Sort(why)
	fmt.Fprintf(b, " %s | %s |\n", said(c.reference.Items[item], result.Difference{}), strings.Join(slices.Compact(why), "; "))
}

// said is a cell: what an item came to, and where it differs in one place alone, there.
func said(came string, d result.Difference) string {
	switch {
	case came == "":
		return "–"
	case d.Place != "":
		return fmt.Sprintf("%s; at %s %s", came, d.Place, d.Is)
	}
	return strings.ReplaceAll(came, "_", " ")
}
