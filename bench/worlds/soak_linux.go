package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A strain is what goes on beside the runs, or how they are scheduled. It interferes with nothing:
// what a run says must be true, and it must end, and leave nothing.
type strain struct {
	world
	jobs  int // runs at a time
	loops int // for each processor, that do nothing else
	need  func() error
}

// tightMemory is little more than the hungriest run needs, in bytes.
const tightMemory = 32 << 20

func strains() []strain {
	return []strain{
		{world: world{name: "idle"}, jobs: 1, need: needNothing},
		{world: world{name: "eight at once"}, jobs: 8, need: needNothing},
		{world: world{name: "busy"}, jobs: 1, loops: 2, need: needNothing},
		{world: world{name: "nice 19, busy", nice: 19}, jobs: 1, loops: 1, need: needNothing},
		{world: world{name: "memory tight", memory: tightMemory}, jobs: 1, need: needMemory},
		{world: world{name: "stopped at random", stops: stops{
			first: 10 * time.Millisecond, stopped: 60 * time.Millisecond, running: 60 * time.Millisecond, random: true,
		}}, jobs: 2, need: needNothing},
	}
}

// soak runs every scenario under every strain, as often as is asked for.
func (h *harness) soak(ctx context.Context, out io.Writer) error {
	cells, err := h.cells(ctx)
	if err != nil {
		return err
	}
	if h.sample {
		cells = samplePool(cells)
	}
	h.jobs = 1
	err = h.parallel(ctx, len(cells), "undisturbed", time.Time{}, func(i int) error {
		r, err := h.launcher.launch(ctx, world{checked: true}, cells[i])
		if err != nil {
			return fmt.Errorf("%v: %w", cells[i], err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.baseline[cells[i]] = r
		h.knowledge.learn(cells[i], r.run)
		return nil
	})
	if err != nil {
		return err
	}
	t := &tally{cells: len(cells)}
	var rows []family
	var chosen []strain
	for _, s := range strains() {
		if !h.world.MatchString(s.name) {
			continue
		}
		if err := s.need(); err != nil {
			fmt.Fprintf(out, "skip: %s: %v\n", s.name, err)
			continue
		}
		rows, chosen = append(rows, family{name: s.name}), append(chosen, s)
	}
	for round := range h.soaks {
		for _, s := range chosen {
			if err := h.under(ctx, s, round, cells, t); err != nil {
				return err
			}
		}
	}
	return h.conclude(t, soakSection, rows, out)
}

// under runs each cell once under a strain.
func (h *harness) under(ctx context.Context, s strain, round int, cells []cell, t *tally) error {
	stop, err := h.spin(s.loops * runtime.NumCPU())
	if err != nil {
		return errors.Join(err, stop())
	}
	w := s.world
	w.family, w.checked = s.name, true
	w.name = fmt.Sprintf("%s, round %d", s.name, round+1) // another world is stopped at other moments
	var plan []trial
	for _, c := range cells {
		plan = append(plan, newTrial(w, c))
	}
	h.jobs = s.jobs
	return errors.Join(h.disturb(ctx, plan, t), stop())
}

// spinCommand makes this program a busy loop.
const spinCommand = "spin"

var spun atomic.Uint64

func spin([]string, io.Writer) error {
	for n := uint64(0); ; n++ {
		spun.Store(n) // it is to take its processor, and to do nothing else
	}
}

// spin starts busy loops, and says how to end them.
func (h *harness) spin(n int) (stop func() error, err error) {
	var all []*exec.Cmd
	stop = func() (failed error) {
		for _, c := range all {
			failed = errors.Join(failed, c.Process.Kill())
			_ = c.Wait() // it says that it was killed
		}
		return failed
	}
	for range n {
		c := exec.Command(h.launcher.self, spinCommand)
		c.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
		if err := c.Start(); err != nil {
			return stop, fmt.Errorf("start a busy loop: %w", err)
		}
		all = append(all, c)
	}
	return stop, nil
}

var soakSection = heading{
	title: "## Soak",
	first: "strain",
	text:  "`make soak`: every scenario, on every network and in both families, where nothing interferes, but the machine is not idle. *Lost* verdicts became\ninconclusive, which is allowed; *failed* are runs with a panic, a wrong exit status, an end that did not come, or anything left behind.",
}
