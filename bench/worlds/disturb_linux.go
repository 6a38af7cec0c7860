package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// progressTo is where progress goes: to a terminal, or nowhere.
func progressTo(f *os.File) io.Writer {
	if term.IsTerminal(int(f.Fd())) {
		return f
	}
	return io.Discard
}

// parallel does n things, a few at a time. Each thread stays, for what it
// started dies with it. After the deadline, if there is one, nothing begins.
func (h *harness) parallel(ctx context.Context, n int, what string, deadline time.Time, do func(i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan int)
	var working sync.WaitGroup
	for range max(1, h.jobs) {
		working.Go(func() {
			runtime.LockOSThread()
			for i := range jobs {
				if err := do(i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range n {
		if !deadline.IsZero() && time.Now().After(deadline) {
			break
		}
		fmt.Fprintf(h.progress, "\r%s %d of %d, %v ", what, i+1, n, time.Since(h.began).Round(time.Second))
		select {
		case jobs <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(jobs)
	working.Wait()
	fmt.Fprint(h.progress, "\r\x1b[K")
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

// disturb runs the plan, and counts.
func (h *harness) disturb(ctx context.Context, plan []trial, t *tally) error {
	var deadline time.Time
	if h.within > 0 {
		deadline = h.began.Add(h.within)
	}
	done := 0
	err := h.parallel(ctx, len(plan), "disturbed", deadline, func(i int) error {
		w, c := plan[i].world, plan[i].cell
		r, err := h.launcher.launch(ctx, w, c)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			r.failure = err.Error()
		} else if r, err = h.again(ctx, w, c, r); err != nil {
			return err
		} else if err := h.doubt(ctx, w, c, r); err != nil {
			return err
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if r.failure == "" {
			r.failure = h.unnamed(w, c, r)
		}
		done++
		return h.count(t, w, c, r)
	})
	t.left += len(plan) - done
	return err
}

// again makes a run with a fault once more, some times at most, where verdicts were lost
// and the errno was not named: a busy machine loses some as well.
func (h *harness) again(ctx context.Context, w world, c cell, r result) (result, error) {
	for range doubts {
		h.mu.Lock()
		silent := h.unnamed(w, c, r)
		h.mu.Unlock()
		if silent == "" {
			return r, nil
		}
		next, err := h.launcher.launch(ctx, w, c)
		if err != nil {
			return r, err
		}
		if next.idle {
			return r, nil // it says nothing about this one
		}
		r = next
	}
	return r, nil
}

func (h *harness) unnamed(w world, c cell, r result) string {
	return r.unnamed(w, c, h.baseline[c].run, h.knowledge)
}

// doubts are how often a cell is run again without interference before what
// seems false of it is.
const doubts = 3

// doubt runs a cell again without interference where a world seems to have made
// it say something false: timing alone may do so as well.
func (h *harness) doubt(ctx context.Context, w world, c cell, r result) error {
	seems := func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if r.failure != "" || r.idle || r.absent != "" || h.doubted[c] >= doubts {
			return false
		}
		for _, ch := range compare(w, c, h.baseline[c].run, r.run, h.knowledge) {
			if ch.comparison == untrue {
				h.doubted[c]++
				return true
			}
		}
		return false
	}
	for seems() {
		again, err := h.launcher.launch(ctx, world{checked: w.checked}, c)
		if err != nil {
			return fmt.Errorf("%v, undisturbed again: %w", c, err)
		}
		h.mu.Lock()
		h.knowledge.learn(c, again.run)
		h.mu.Unlock()
	}
	return nil
}

// count adds one result to the tally, and keeps the report of a false one, and
// what a failed one left on stderr.
func (h *harness) count(t *tally, w world, c cell, r result) error {
	untruth := t.add(w, c, r, h.baseline[c].run, h.knowledge)
	if said := r.otherwise(h.baseline[c].run); h.verbose && said != "" {
		fmt.Printf("%s: %v: %s\n", w.name, c, said)
	}
	if h.keep == "" || !untruth && r.failure == "" {
		return nil
	}
	if err := os.MkdirAll(h.keep, 0o755); err != nil {
		return err
	}
	path := filepath.Join(h.keep, strings.Join([]string{w.name, c.binary, c.scenario, c.net, c.family}, "_"))
	if r.failure != "" {
		return os.WriteFile(path+".txt", []byte(r.failure+"\n"+r.stderr), 0o644)
	}
	return os.WriteFile(path+".json", r.raw, 0o644)
}
