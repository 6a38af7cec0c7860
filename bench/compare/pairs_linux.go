package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// command is a program and its arguments. What it prints is thrown away.
type command []string

// run runs the command once and says how long it took, from before it is
// started until it has been waited for.
func (c command) run() (time.Duration, error) {
	cmd := exec.Command(c[0], c[1:]...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", strings.Join(c, " "), err)
	}
	return took, nil
}

// pairs are the times of two commands that were run alternately.
type pairs struct{ a, b []time.Duration }

// warmUp is how many pairs go before those that count.
const warmUp = 10

// compare runs two commands in pairs, on the calling thread, taking turns at
// being first: whatever disturbs the machine meets both.
func compare(a, b command, n int) (pairs, error) {
	var p pairs
	for i := range warmUp + n {
		first, second := a, b
		if i%2 == 1 {
			first, second = b, a
		}
		x, err := first.run()
		if err != nil {
			return p, err
		}
		y, err := second.run()
		if err != nil {
			return p, err
		}
		if i%2 == 1 {
			x, y = y, x
		}
		if i >= warmUp {
			p.a, p.b = append(p.a, x), append(p.b, y)
		}
	}
	return p, nil
}

// ratios are a's times in b's, pair by pair.
func (p pairs) ratios() []float64 {
	r := make([]float64, len(p.a))
	for i := range r {
		r[i] = float64(p.a[i]) / float64(p.b[i])
	}
	return r
}

// write shows the pairs as a table.
func (p pairs) write(w io.Writer, a, b string) {
	fmt.Fprintf(w, "| | lower quartile | median | upper quartile |\n| --- | ---: | ---: | ---: |\n")
	for _, row := range []struct {
		name  string
		times []time.Duration
	}{{a, p.a}, {b, p.b}} {
		q := quartiles(row.times)
		fmt.Fprintf(w, "| %s | %s ms | %s ms | %s ms |\n", row.name, milliseconds(q[0]), milliseconds(q[1]), milliseconds(q[2]))
	}
	q := quartiles(p.ratios())
	fmt.Fprintf(w, "| ratio | %.2f | %.2f | %.2f |\n", q[0], q[1], q[2])
}

// quartiles are the lower quartile, the median and the upper quartile.
func quartiles[T time.Duration | float64](of []T) [3]T {
	s := slices.Sorted(slices.Values(of))
	n := len(s)
	return [3]T{s[n/4], s[n/2], s[n*3/4]}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}
