package main

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// scanTable is the groups of one sort, in columns.
type scanTable struct{ rows [][3]string }

// row adds a group: how many sockets, whose, and what they come to.
func (t *scanTable) row(sockets int, atLeast bool, who, facts string) {
	n := scanCount(sockets)
	if atLeast {
		n = "≥" + n
	}
	t.rows = append(t.rows, [3]string{n, who, facts})
}

// rest adds what is not shown one by one.
func (t *scanTable) rest(r *scanRest, what string) {
	if r == nil {
		return
	}
	who := "others"
	if r.Groups == 1 {
		who = "1 other " + what
	} else if r.Groups > 1 {
		who = scanCount(r.Groups) + " other " + what + "s"
	}
	t.row(r.Sockets, false, who, r.facts())
}

func (t *scanTable) write(w io.Writer) {
	var wide [2]int
	for _, r := range t.rows {
		for i := range wide {
			wide[i] = max(wide[i], utf8.RuneCountInString(r[i]))
		}
	}
	for _, r := range t.rows {
		line := fmt.Sprintf("  %*s  %-*s", wide[0], r[0], wide[1], r[1])
		if r[2] != "" {
			line += "  " + r[2]
		} else {
			line = fmt.Sprintf("  %*s  %s", wide[0], r[0], r[1])
		}
		fmt.Fprintln(w, line)
	}
}
