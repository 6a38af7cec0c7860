package main

import (
	"fmt"
	"io"
)

// The bounds that the project has set itself.
const (
	mostSteps      = 35   // lines for each scenario
	mostClaim      = 40   // lines for each claim
	mostMutation   = 12   // lines of cases for each claim
	mostTotal      = 8500 // lines of steps, claims and tables
	mostLib        = 2800 // lines of lib/scenario and lib/cli
	mostFunction   = 56   // lines
	mostComplexity = 30
	mostTestdata   = 6 << 20 // bytes
)

// write writes the section.
func (s *shape) write(w io.Writer) {
	fmt.Fprint(w, `## Shape

`+"`make shape`"+` counts lines, comments and empty ones too. In a binary's package it counts declarations, each with its comment: *steps*
are the functions that take a scenario.T and what only they use; *commands* are left out; *claims* are the rest, with rules, models and tables. *Cases* are altered
journals that were written by hand, and what they use.

| binary | scenarios | steps, lines | for each | claims | claims, lines | for each | cases, lines | for each claim |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
`)
	for _, b := range s.binaries {
		b.writeRow(w)
	}
	all, five := together(s.binaries), together(s.binaries[:first])
	all.writeRow(w)
	fmt.Fprint(w, "\n| measure | value | bound | |\n| --- | ---: | ---: | --- |\n")
	row(w, "steps, lines for each scenario", all.each(steps, all.scenarios), mostSteps, "%.1f")
	row(w, "claims and rules, lines for each claim", all.each(claims, all.claims), mostClaim, "%.1f")
	row(w, "cases, lines for each claim", all.each(mutation, all.claims), mostMutation, "%.1f")
	row(w, "steps, claims and tables of the first five, lines", float64(five.lines[steps]+five.lines[claims]), mostTotal, "%.0f")
	row(w, "lib/scenario and lib/cli, lines without tests", float64(s.lib), mostLib, "%.0f")
	row(w, "longest function, lines", float64(s.longest[0].n), mostFunction, "%.0f")
	row(w, "highest cognitive complexity", float64(s.hardest[0].n), mostComplexity, "%.0f")
	row(w, "testdata of the first five, MiB", float64(five.testdata)/(1<<20), mostTestdata/(1<<20), "%.2f")
	for _, b := range s.binaries {
		row(w, b.name+", MiB", float64(b.size)/(1<<20), b.most, "%.2f")
	}
	writeFunctions(w, "Longest functions", "lines", s.longest, mostFunction)
	writeFunctions(w, "Most complex functions", "complexity", s.hardest, mostComplexity)
}

// together adds binaries up.
func together(some []binary) binary {
	all := binary{name: "together", lines: map[kind]int{}}
	for _, b := range some {
		all.scenarios, all.claims, all.testdata = all.scenarios+b.scenarios, all.claims+b.claims, all.testdata+b.testdata
		for k, n := range b.lines {
			all.lines[k] += n
		}
	}
	return all
}

func (b *binary) writeRow(w io.Writer) {
	fmt.Fprintf(w, "| %s | %d | %d | %.1f | %d | %d | %.1f | %d | %.1f |\n", b.name,
		b.scenarios, b.lines[steps], b.each(steps, b.scenarios), b.claims, b.lines[claims], b.each(claims, b.claims), b.lines[mutation], b.each(mutation, b.claims))
}

// each is the lines of one kind for each scenario or claim.
func (b *binary) each(k kind, of int) float64 { return float64(b.lines[k]) / float64(max(of, 1)) }

// row writes one measure, and whether it is within its bound.
func row(w io.Writer, what string, value, bound float64, format string) {
	verdict := ""
	if value > bound {
		verdict = "**over**"
	}
	fmt.Fprintf(w, "| %s | "+format+" | %.0f | %s |\n", what, value, bound, verdict)
}

// writeFunctions names the functions over a bound, or else the largest.
func writeFunctions(w io.Writer, title, unit string, all []function, bound int) {
	over := 0
	for over < len(all) && all[over].n > bound {
		over++
	}
	fmt.Fprintf(w, "\n%s; %d over the bound:\n\n| function | %s | at |\n| --- | ---: | --- |\n", title, over, unit)
	for _, f := range all[:min(max(over, 1), named, len(all))] {
		fmt.Fprintf(w, "| %s | %d | %s |\n", f.name, f.n, f.at)
	}
}
