package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"

	"sockproof/bench/internal/section"
)

// options say what is run.
type options struct {
	dir      string
	binary   string
	net      string
	keep     string
	markdown string
	world    *regexp.Regexp
	sample   bool
	faults   bool
	soaks    int
	verbose  bool
	all      bool
	jobs     int
	each     int
	within   time.Duration
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("worlds", flag.ContinueOnError)
	pattern := f.String("world", "", "only worlds whose name matches this")
	f.StringVar(&o.dir, "bin", "bin", "where make build leaves the binaries")
	f.StringVar(&o.binary, "binary", "", "only this binary")
	f.StringVar(&o.net, "net", "", "only this network")
	f.StringVar(&o.keep, "keep", "", "a directory for reports with false verdicts, and for what failed runs left on stderr")
	f.StringVar(&o.markdown, "markdown", "", "a file whose section on worlds is rewritten, such as bench/RESULTS.md")
	f.BoolVar(&o.sample, "sample", false, "a choice that takes two minutes at most, and is always the same")
	f.BoolVar(&o.all, "all", false, "every world with every scenario; takes hours")
	f.BoolVar(&o.faults, "faults", false, "instead of worlds: each system call of each binary fails once")
	f.BoolVar(&o.verbose, "v", false, "with -faults: show what each run said that came out otherwise")
	f.IntVar(&o.soaks, "soak", 0, "instead of worlds: every scenario so many times under each strain of the machine")
	f.IntVar(&o.jobs, "j", 2, "runs at a time")
	f.IntVar(&o.each, "each", 36, "runs of each family of worlds, with -sample")
	f.DurationVar(&o.within, "within", 0, "begin no run after this; 100s with -sample")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.sample && o.within == 0 {
		o.within = 100 * time.Second
	}
	if o.world, err = regexp.Compile(*pattern); err != nil {
		return o, fmt.Errorf("-world: %w", err)
	}
	o.dir, err = filepath.Abs(o.dir)
	return o, err
}

// A harness is one invocation.
type harness struct {
	options
	launcher  launcher
	began     time.Time
	progress  io.Writer
	knowledge knowledge
	baseline  map[cell]result
	usage     usage
	doubted   map[cell]int // how often it was run again
	mu        sync.Mutex
}

func disturbAll(args []string, out io.Writer) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := needRoot(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	h := &harness{
		options: o, began: time.Now(), progress: progressTo(os.Stderr),
		launcher:  launcher{self: self, dir: o.dir, hold: cgroups() == nil},
		knowledge: knowledge{}, baseline: map[cell]result{}, usage: usage{}, doubted: map[cell]int{},
	}
	switch {
	case o.faults:
		err = h.faults(ctx, out)
	case o.soaks > 0:
		err = h.soak(ctx, out)
	default:
		err = h.run(ctx, out)
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

func (h *harness) run(ctx context.Context, out io.Writer) error {
	cells, err := h.cells(ctx)
	if err != nil {
		return err
	}
	fs, skipped := h.families()
	for _, s := range skipped {
		fmt.Fprintln(out, "skip:", s)
	}
	if len(skipped) > 0 && os.Getenv("CI") == "true" {
		return errors.New("nothing may be skipped here")
	}
	if h.sample {
		cells = samplePool(cells)
	}
	if err := h.learn(ctx, cells, fs); err != nil {
		return err
	}
	cells = only(cells, func(c cell) bool { return h.baseline[c].failure == "" })
	t := &tally{cells: len(cells)}
	for c, r := range h.baseline {
		if r.failure != "" {
			t.failed = append(t.failed, fmt.Sprintf("undisturbed: %v: %s", c, r.failure))
		}
	}
	if err := h.disturb(ctx, h.plan(fs, cells), t); err != nil {
		return err
	}
	return h.conclude(t, worldsSection, fs, out)
}

var errNothing = errors.New("nothing to run: no such binary, or no scenario on that network")

// conclude prints what was found; anything false is an error.
func (h *harness) conclude(t *tally, in heading, fs []family, out io.Writer) error {
	t.write(out, fs)
	fmt.Fprintf(out, "%d scenarios or commands, networks and families; %v\n", t.cells, time.Since(h.began).Round(time.Second))
	if h.markdown != "" {
		if err := section.Rewrite(h.markdown, t.markdown(in, fs)); err != nil {
			return err
		}
	}
	if len(t.false) > 0 || len(t.failed) > 0 {
		return fmt.Errorf("%d false, %d failed", len(t.false), len(t.failed))
	}
	return nil
}

// cells are those that the options ask for.
func (h *harness) cells(ctx context.Context) (all []cell, err error) {
	for _, b := range binaries {
		if h.binary != "" && h.binary != b {
			continue
		}
		cs, err := cellsOf(ctx, h.dir, b)
		if err != nil {
			return nil, err
		}
		all = append(all, cs...)
	}
	all = only(all, func(c cell) bool { return h.net == "" || h.net == c.net })
	if len(all) == 0 {
		return nil, errNothing
	}
	return all, nil
}

// families are those that the options ask for and that can be had here.
func (h *harness) families() (fs []family, skipped []string) {
	for _, f := range families() {
		f.worlds = only(f.worlds, func(w world) bool { return h.world.MatchString(w.name) })
		if len(f.worlds) == 0 {
			continue
		}
		if err := f.missing(); err != nil {
			skipped = append(skipped, fmt.Sprintf("%s: %v", f.name, err))
			continue
		}
		fs = append(fs, f)
	}
	return fs, skipped
}

func (h *harness) plan(fs []family, cells []cell) []trial {
	if h.sample {
		return samplePlan(fs, cells, h.usage, h.each)
	}
	var worlds []world
	for _, f := range fs {
		worlds = append(worlds, f.worlds...)
	}
	return wholePlan(worlds, cells, h.usage, h.all)
}

// learn runs every cell undisturbed; and once more where what it sends and calls
// is counted.
func (h *harness) learn(ctx context.Context, cells []cell, fs []family) error {
	lies := slices.ContainsFunc(fs, func(f family) bool {
		return slices.ContainsFunc(f.worlds, func(w world) bool { return len(w.lies) > 0 })
	})
	return h.parallel(ctx, len(cells), "undisturbed", time.Time{}, func(i int) error {
		c := cells[i]
		r, err := h.launcher.launch(ctx, world{}, c)
		if err != nil {
			return fmt.Errorf("%v: %w", c, err)
		}
		h.mu.Lock()
		h.baseline[c] = r
		if r.failure == "" {
			h.knowledge.learn(c, r.run)
		}
		h.mu.Unlock()
		// What a scenario does is the same in both families.
		if c.family != families4and6[0] || !h.launcher.hold {
			return nil
		}
		w, heard := listening(lies)
		counted, err := h.launcher.launch(ctx, w, c)
		if err != nil {
			return fmt.Errorf("%v, with its calls counted: %w", c, err)
		}
		if counted.failure != "" || counted.absent != "" {
			return nil // what it does is not known
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.usage[c.anyFamily()] = heard
		return nil
	})
}
