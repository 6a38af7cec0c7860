package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"
)

// A fault is one system call of a binary that fails, whatever the binary makes it for:
// its n-th, counted over all threads.
type fault struct {
	call  fallible
	errno string
	n     int
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// world is the one in which only this call fails.
func (f fault) world(binary string) world {
	return world{
		family: binary, name: fmt.Sprintf("%s-%s-%d", f.call.name, f.errno, f.n), checked: true, fault: f,
		lies: []lie{{call: f.call.number, any: true, first: f.n, last: f.n, tell: failWith(errnos[f.errno])}},
	}
}

// listeningToAll is a world in which each call that can fail is counted.
func listeningToAll() (w world, heard map[uint32]int) {
	heard = map[uint32]int{}
	return world{name: "every call counted", checked: true, every: heard}, heard
}

// faultsOf are a cell's. Each error stands at another place, so that together they
// are at the first of the calls, in the middle and at the last; with all, each of
// them is at each place.
func faultsOf(heard map[uint32]int, all bool) (fs []fault) {
	numbers := make([]uint32, 0, len(heard))
	for number := range heard {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for _, number := range numbers {
		call, count := fallibleOf(number), heard[number]
		places := slices.Compact([]int{1, (count + 1) / 2, count})
		names := call.errors()
		for i, name := range names {
			if all {
				for _, n := range places {
					fs = append(fs, fault{call, name, n})
				}
				continue
			}
			fs = append(fs, fault{call, name, places[i%len(places)]})
		}
		if all {
			continue
		}
		for i := len(names); i < len(places); i++ {
			fs = append(fs, fault{call, names[i%len(names)], places[i]})
		}
	}
	return fs
}

// faultCells are what gets faults: each default scenario on each network, a few other
// scenarios where they can be had best, and what the binaries without scenarios do.
func faultCells(cells []cell) []cell {
	chosen := only(cells, func(c cell) bool { return c.standard && c.family == families4and6[0] })
	others := map[string]int{}
	rest := only(cells, func(c cell) bool {
		return !c.standard && c.cost() == 1 && c.net != "host" && c.family == families4and6[1]
	})
	slices.SortFunc(rest, func(a, b cell) int { return cmp.Compare(rank("", a), rank("", b)) })
	for _, c := range rest {
		if others[c.binary]++; others[c.binary] <= otherFaultCells {
			chosen = append(chosen, c)
		}
	}
	return append(chosen, commands...)
}

// otherFaultCells of each binary.
const otherFaultCells = 3

// quickFaultCells are those of a sample: each binary's default scenario on one network,
// and the quick commands.
func quickFaultCells(cells []cell) (chosen []cell) {
	standard := only(cells, func(c cell) bool { return c.standard && c.family == families4and6[0] })
	slices.SortFunc(standard, func(a, b cell) int { return cmp.Compare(rank("", a), rank("", b)) })
	for _, c := range append(standard, commands...) {
		has := func(other cell) bool { return other.binary == c.binary }
		if c.command == "" && slices.ContainsFunc(chosen, has) || c.slow {
			continue
		}
		chosen = append(chosen, c)
	}
	return chosen
}

// faults runs each cell with each of its faults.
func (h *harness) faults(ctx context.Context, out io.Writer) error {
	if err := needNotifications(); err != nil {
		return err
	}
	cells, err := h.faultCells(ctx)
	if err != nil {
		return err
	}
	if h.launcher.sick, err = newPatient(); err != nil {
		return err
	}
	defer h.launcher.sick.close()
	plan, err := h.faultPlan(ctx, cells)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d faults in %d scenarios, commands and networks\n", len(plan), len(cells))
	t := &tally{cells: len(cells)}
	for c, r := range h.baseline {
		if r.failure != "" {
			t.failed = append(t.failed, fmt.Sprintf("undisturbed: %v: %s", c, r.failure))
		}
	}
	if err := h.disturb(ctx, plan, t); err != nil {
		return err
	}
	var rows []family
	for _, c := range cells {
		if !slices.ContainsFunc(rows, func(f family) bool { return f.name == c.binary }) {
			rows = append(rows, family{name: c.binary})
		}
	}
	return h.conclude(t, faultsSection, rows, out)
}

// faultCells are those that the options ask for.
func (h *harness) faultCells(ctx context.Context) (cells []cell, err error) {
	if h.binary == "" || slices.Contains(binaries, h.binary) {
		if cells, err = h.cells(ctx); err != nil {
			return nil, err
		}
	}
	if h.sample {
		cells = quickFaultCells(cells)
	} else {
		cells = faultCells(cells)
	}
	cells = only(cells, func(c cell) bool {
		return (h.binary == "" || h.binary == c.binary) && (h.net == "" || h.net == c.net)
	})
	if len(cells) == 0 {
		return nil, errNothing
	}
	return cells, nil
}

// mostCalls of a scenario that is not a default: each of them waits for the warden, and
// the same call ten thousand times shows nothing that it did not show at the first.
const mostCalls = 10_000

func made(heard map[uint32]int) (n int) {
	for _, times := range heard {
		n += times
	}
	return n
}

// faultPlan runs each cell undisturbed, and once more where its calls are counted.
func (h *harness) faultPlan(ctx context.Context, cells []cell) (plan []trial, err error) {
	err = h.parallel(ctx, len(cells), "undisturbed", time.Time{}, func(i int) error {
		c := cells[i]
		r, err := h.launcher.launch(ctx, world{checked: true}, c)
		if err != nil {
			return fmt.Errorf("%v: %w", c, err)
		}
		w, heard := listeningToAll()
		if _, err := h.launcher.launch(ctx, w, c); err != nil {
			return fmt.Errorf("%v, with its calls counted: %w", c, err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.baseline[c] = r
		if r.failure != "" || !c.standard && made(heard) > mostCalls {
			return nil
		}
		h.knowledge.learn(c, r.run)
		for _, f := range faultsOf(heard, h.all) {
			if w := f.world(c.binary); h.world.MatchString(w.name) {
				plan = append(plan, newTrial(w, c))
			}
		}
		return nil
	})
	slices.SortFunc(plan, byRank)
	if h.sample {
		plan = sampleFaults(plan, h.each)
	}
	return plan, err
}

// sampleFaults takes as many of each binary, in turns, and of each call before it takes
// another of the same call.
func sampleFaults(plan []trial, each int) (chosen []trial) {
	type turn struct {
		trial
		n int // of those with the same call
	}
	of := map[string][]turn{}
	calls := map[[2]string]int{}
	var binaries []string
	for _, t := range plan {
		key := [2]string{t.cell.binary, t.world.fault.call.name}
		if of[t.cell.binary] == nil {
			binaries = append(binaries, t.cell.binary)
		}
		of[t.cell.binary] = append(of[t.cell.binary], turn{t, calls[key]})
		calls[key]++
	}
	for _, b := range binaries {
		slices.SortStableFunc(of[b], func(a, b turn) int { return cmp.Compare(a.n, b.n) })
	}
	for i := range each {
		for _, b := range binaries {
			if i < len(of[b]) {
				chosen = append(chosen, of[b][i].trial)
			}
		}
	}
	return chosen
}

var faultsSection = heading{
	title: "## Where one system call fails",
	first: "binary",
	text:  "`make faults`: each system call of each binary fails once, at the first, a middle and the last time that it is made. *Untouched* runs did not make the\ncall as often as the run before; *failed* are those with a panic, a wrong exit status, an error that does not name the errno, or anything left behind.",
}

var errNoRoot = errors.New("needs root: it makes cgroups and network namespaces, and answers other processes' calls")

// needRoot says why nothing can be run, or nothing.
func needRoot() error {
	if os.Geteuid() != 0 {
		return errNoRoot
	}
	return nil
}
