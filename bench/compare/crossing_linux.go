package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// crossings is how often two clients met, by several means.
type crossings struct {
	idle, busy  string // the tally of cross
	race        string // why it was reproduced, which counts
	ncCalls     int
	ncCrossings int
	took        time.Duration
}

// crossRuns is how often cross is run.
const crossRuns = 1000

// ncTime bounds the two loops of nc.
const ncTime = 15 * time.Second

// measureCrossings runs cross a thousand times, idle and with every processor
// busy, the race once, and two loops of nc for a while.
func measureCrossings(simopen string) (c crossings, err error) {
	repeat := fmt.Sprint(crossRuns)
	if c.idle, err = lastLine(simopen, "cross", "--repeat", repeat, "--quiet"); err != nil {
		return c, err
	}
	stop := burn()
	c.busy, err = lastLine(simopen, "cross", "--repeat", repeat, "--quiet")
	stop()
	if err != nil {
		return c, err
	}
	if c.race, err = raceWhy(simopen); err != nil {
		return c, err
	}
	return c, c.loops()
}

func lastLine(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
}

// raceWhy is the sentence that a race's outcome rests on.
func raceWhy(simopen string) (string, error) {
	out, err := exec.Command(simopen, "race", "--format", "json").Output()
	if err != nil {
		return "", fmt.Errorf("%s race: %w", simopen, err)
	}
	var doc struct {
		Runs []struct{ Why string }
	}
	if err := json.Unmarshal(out, &doc); err != nil || len(doc.Runs) != 1 {
		return "", fmt.Errorf("%s race: not one run: %w", simopen, err)
	}
	return doc.Runs[0].Why, nil
}

// burn keeps every processor busy until it is stopped.
func burn() (stop func()) {
	var (
		done atomic.Bool
		all  sync.WaitGroup
	)
	for range runtime.NumCPU() {
		all.Go(func() {
			for spins := 0; !done.Load(); { // spinning is the point
				spins++
			}
		})
	}
	return func() { done.Store(true); all.Wait() }
}

// ncLoops is what article 004 types into two terminals, in a network namespace
// of its own: each shell starts nc again until it succeeds, and counts. Once
// connected, nc ends by itself (-N).
const ncLoops = `ip link set lo up
loop() { n=0; until nc -N -w 1 -p "$1" 127.0.0.1 "$2" </dev/null >/dev/null 2>&1; do n=$((n+1)); done; echo "met $n"; }
finish() { echo "calls $n"; exit; }
( trap finish TERM; loop 5001 5002 ) & a=$!
( trap finish TERM; loop 5002 5001 ) & b=$!
sleep "$0"
kill -TERM $a $b 2>/dev/null
wait`

// loops runs the two loops of nc for a while.
func (c *crossings) loops() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*ncTime)
	defer cancel()
	began := time.Now()
	seconds := fmt.Sprint(int(ncTime.Seconds()))
	cmd := exec.CommandContext(ctx, "unshare", "-rn", "bash", "-c", ncLoops, seconds)
	cmd.WaitDelay = time.Second // an nc that hangs must not hold its output open
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("two loops of nc: %w", err)
	}
	c.took = time.Since(began)
	for _, line := range strings.Split(string(out), "\n") {
		var n int
		if _, err := fmt.Sscanf(line, "met %d", &n); err == nil {
			c.ncCalls += n + 1
			c.ncCrossings = 1
		} else if _, err := fmt.Sscanf(line, "calls %d", &n); err == nil {
			c.ncCalls += n
		}
	}
	return nil
}

func (c *crossings) write(w io.Writer) {
	fmt.Fprint(w, "\n## How often two clients meet\n\n| by | came out |\n| --- | --- |\n")
	fmt.Fprintf(w, "| `simopen cross`, on the wire | %s |\n", c.idle)
	fmt.Fprintf(w, "| the same with every processor busy | %s |\n", c.busy)
	fmt.Fprintf(w, "| `simopen race`, two pinned threads on loopback | %s |\n", c.race)
	met := "never met"
	if c.ncCrossings > 0 {
		met = "met"
	}
	fmt.Fprintf(w, "| two shells that repeat `nc -p`, on loopback | %s in %d calls, %.0f s |\n", met, c.ncCalls, c.took.Seconds())
}
