package main

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"
)

// stops are when a process is stopped, and for how long.
type stops struct {
	first, stopped, running time.Duration // running 0: stopped once
	random                  bool          // each of them is the most, and chosen at random
}

func stoppedWorlds() []world {
	return []world{
		{name: "stop-once-early", stops: stops{first: 4 * time.Millisecond, stopped: 300 * time.Millisecond}, share: 6},
		{name: "stop-once-random", stops: stops{first: 40 * time.Millisecond, stopped: 200 * time.Millisecond, random: true}, share: 6},
		{name: "stop-random", stops: stops{first: 10 * time.Millisecond, stopped: 60 * time.Millisecond, running: 60 * time.Millisecond, random: true}, share: 6},
		{name: "stop-ever", stops: stops{first: time.Millisecond, stopped: 50 * time.Microsecond, running: 50 * time.Millisecond}, share: 6},
		{name: "stop-without-pause", stops: stops{first: time.Millisecond, stopped: 50 * time.Microsecond, running: 200 * time.Microsecond}, share: 6},
	}
}

// slowWorlds let a process run for a part of each tenth of a second.
func slowWorlds() []world {
	return []world{
		{name: "cpu-10", quota: 10, share: 6},
		{name: "cpu-3", quota: 3, share: 12},
	}
}

// apply stops and continues a process until the context ends. The same seed
// gives the same moments.
func (s stops) apply(ctx context.Context, process int, seed string) {
	if s.stopped == 0 {
		return
	}
	h := fnv.New64a()
	h.Write([]byte(seed))
	dice := rand.New(rand.NewPCG(h.Sum64(), 0))
	span := func(d time.Duration) time.Duration {
		if s.random {
			return time.Duration(dice.Int64N(int64(d)))
		}
		return d
	}
	// A process must not be left stopped: it could not end.
	defer func() { _ = unix.Kill(process, unix.SIGCONT) }()
	for wait(ctx, span(s.first)); ctx.Err() == nil; wait(ctx, span(s.running)) {
		if unix.Kill(process, unix.SIGSTOP) != nil {
			return // it has ended
		}
		wait(ctx, span(s.stopped))
		_ = unix.Kill(process, unix.SIGCONT)
		if s.running == 0 {
			return
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
