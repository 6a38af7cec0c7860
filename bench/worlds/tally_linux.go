package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// counts are those of one family of worlds.
type counts struct {
	worlds                  map[string]bool
	runs, absent, untouched int
	verdicts                int
	by                      [untrue + 1]int
	failed                  int
}

// A tally is what all runs came to.
type tally struct {
	cells    int
	left     int // trials that there was no time for
	families map[string]*counts
	false    []string
	fresh    []string
	unsteady []string
	failed   []string
}

// add counts one result, and says whether anything in it is false.
func (t *tally) add(w world, c cell, r result, base run, k knowledge) (untruth bool) {
	if t.families == nil {
		t.families = map[string]*counts{}
	}
	n := t.families[w.family]
	if n == nil {
		n = &counts{worlds: map[string]bool{}}
		t.families[w.family] = n
	}
	n.worlds[w.name] = true
	n.runs++
	switch {
	case r.failure != "":
		n.failed++
		t.failed = append(t.failed, fmt.Sprintf("%s: %v: %s", w.name, c, r.failure))
		return false
	case r.absent != "":
		n.absent++
		return false
	case r.idle:
		n.untouched++
		return false
	}
	for _, ch := range compare(w, c, base, r.run, k) {
		n.verdicts++
		n.by[ch.comparison]++
		line := fmt.Sprintf("%s: %v: %s was %s, is %s: %s", w.name, c, ch.what, ch.was, ch.is, ch.because)
		switch ch.comparison {
		case untrue:
			untruth = true
			t.false = append(t.false, line)
		case fresh:
			t.fresh = append(t.fresh, line)
		case unsteady:
			t.unsteady = append(t.unsteady, line)
		}
	}
	return untruth
}

var columns = []string{"worlds", "runs", "failed to start", "untouched", "verdicts", "same", "lost", "new", "unsteady", "expected", "FALSE", "failed"}

func (n *counts) numbers() []int {
	return []int{len(n.worlds), n.runs, n.absent, n.untouched, n.verdicts, n.by[same], n.by[lost], n.by[fresh], n.by[unsteady], n.by[foreseen], n.by[untrue], n.failed}
}

// rows are one for each family, and their sum.
func (t *tally) rows(fs []family) (names []string, rows [][]int) {
	sum := make([]int, len(columns))
	for _, f := range fs {
		n := t.families[f.name]
		if n == nil {
			continue
		}
		row := n.numbers()
		for i, v := range row {
			sum[i] += v
		}
		names, rows = append(names, f.name), append(rows, row)
	}
	return append(names, "together"), append(rows, sum)
}

func (t *tally) write(out io.Writer, fs []family) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "world\t")
	for _, c := range columns {
		fmt.Fprint(w, c, "\t")
	}
	fmt.Fprintln(w)
	names, rows := t.rows(fs)
	for i, row := range rows {
		fmt.Fprint(w, names[i], "\t")
		for _, v := range row {
			fmt.Fprint(w, v, "\t")
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
	for _, l := range []struct {
		word  string
		lines []string
	}{{"new", t.fresh}, {"unsteady", t.unsteady}, {"failed", t.failed}, {"FALSE", t.false}} {
		slices.Sort(l.lines)
		for _, line := range l.lines {
			fmt.Fprintf(out, "%s  %s\n", l.word, line)
		}
	}
	if t.left > 0 {
		fmt.Fprintf(out, "%d runs more were planned, and there was no time for them\n", t.left)
	}
}

// markdown is the section of bench/RESULTS.md.
func (t *tally) markdown(h heading, fs []family) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n%s\n\n| %s |", h.title, h.text, h.first)
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c)
	}
	fmt.Fprint(&b, "\n| --- |")
	for range columns {
		fmt.Fprint(&b, " ---: |")
	}
	names, rows := t.rows(fs)
	for i, row := range rows {
		fmt.Fprintf(&b, "\n| %s |", names[i])
		for _, v := range row {
			fmt.Fprintf(&b, " %d |", v)
		}
	}
	fmt.Fprintf(&b, "\n\n%d scenarios or commands, networks and families", t.cells)
	if t.left > 0 {
		fmt.Fprintf(&b, "; %d runs more were planned, and there was no time for them", t.left)
	}
	fmt.Fprintln(&b, ".")
	return b.Bytes()
}

// A heading is what a section of bench/RESULTS.md has above its table, and the first
// column's name.
type heading struct{ title, text, first string }

var worldsSection = heading{
	title: "## Where something interferes",
	first: "worlds that have a",
	text:  "`make worlds`: scenarios where something interferes. *Lost* verdicts became inconclusive, which is allowed;\n*unsteady* ones change on this machine without any interference; *expected* ones changed for a reason that bench/worlds/expected.go gives; *FALSE* ones became their opposite.",
}
