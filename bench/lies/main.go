// Lies sums up what became of small lies about the recorded journals, as the binaries'
// tests print it, and writes that as a table of bench/RESULTS.md; `make lies` runs both.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"sockproof/bench/internal/section"
	"sockproof/lib/journaltest"
)

func main() {
	results := flag.String("results", "bench/RESULTS.md", "the file whose section is rewritten")
	flag.Parse()
	if err := renew(os.Stdin, *results); err != nil {
		fmt.Fprintln(os.Stderr, "lies:", err)
		os.Exit(1)
	}
}

// renew reads what the tests printed.
func renew(r io.Reader, results string) error {
	told, err := read(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	write(&b, told)
	if _, err := os.Stdout.Write(b.Bytes()); err != nil {
		return err
	}
	return section.Rewrite(results, b.Bytes())
}

// read sums up the lines of all binaries' tests, by sort.
func read(r io.Reader) ([]journaltest.Told, error) {
	var told []journaltest.Told
	at := map[string]int{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		_, line, ok := strings.Cut(lines.Text(), ": lies: ")
		if !ok {
			if strings.Contains(lines.Text(), "FAIL") {
				return nil, fmt.Errorf("a test failed: %s", lines.Text())
			}
			continue
		}
		var x journaltest.Told
		if _, err := fmt.Sscan(line, &x.Made, &x.Noticed, &x.Turned, &x.Undecided, &x.Harmless, &x.Matter); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		x.Sort = strings.SplitN(line, " ", 7)[6]
		i, known := at[x.Sort]
		if !known {
			i = len(told)
			at[x.Sort] = i
			told = append(told, journaltest.Told{Sort: x.Sort})
		}
		told[i].Add(&x)
	}
	if len(told) == 0 {
		return nil, fmt.Errorf("no lies were told: want the output of go test -v -lies N")
	}
	return told, lines.Err()
}

const head = `## Small lies

` + "`make lies`" + ` tells small lies about every recorded journal, each consistently: bytes and checksums go with what is said of a segment, events are
numbered again, what follows from the journal is made by the tool's own code. A lie *matters* if a verdict, an outcome, a history or a cell of a
table is another then. It is *noticed* if the witnesses contradict each other. Of those that matter and are not noticed, some turn what
is concluded, and some leave it undecided: the report then says "inconclusive". A lie that changes nothing that is concluded, as a sample that
is missing between two others, harms nobody.

| lie | told | noticed | matter | of these not noticed | turned, undecided | harmless and not noticed |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
`

func write(w io.Writer, told []journaltest.Told) {
	fmt.Fprint(w, head)
	sum := journaltest.Told{Sort: "**all**"}
	for i := range told {
		row(w, &told[i])
		sum.Add(&told[i])
	}
	row(w, &sum)
}

func row(w io.Writer, t *journaltest.Told) {
	fmt.Fprintf(w, "| %s | %d | %d | %d | %.1f %% | %d, %d | %d |\n", t.Sort, t.Made, t.Noticed, t.Matter, 100*t.Unseen(), t.Turned, t.Undecided, t.Harmless)
}
