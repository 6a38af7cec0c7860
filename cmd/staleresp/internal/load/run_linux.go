package load

import (
	"context"
	"slices"
	"sync"
	"time"
)

// progressEvery is how often progress is told of.
const progressEvery = 200 * time.Millisecond

// Run asks all requests, or as many as there is time for until the context ends,
// and returns what became of them.
func Run(ctx context.Context, c *Config) (*Result, error) {
	limit, err := raise(room(c.Connections))
	if err != nil {
		return nil, err
	}
	d, err := divide(c.Connections, limit)
	if err != nil {
		return nil, err
	}
	forgetPeak()
	t := newTeam(c, d)
	stop := t.tell(c.Progress)
	t.run(ctx)
	stop()
	if err := t.failed(); err != nil {
		return nil, err
	}
	r := &Result{Elapsed: time.Since(t.began), Latency: newHistogram(), Peak: peak()}
	for _, s := range t.shards {
		r.add(&s.counts)
		r.Latency.Merge(s.latency)
	}
	return r, nil
}

// team is the shards of a load, each on a thread of its own.
type team struct {
	config *Config
	division
	shards []*shard
	errs   []error

	made  sync.WaitGroup // the connections
	begin chan struct{}  // closed when all have been made
	began time.Time
}

func newTeam(c *Config, d division) *team {
	n := d.threads
	t := &team{config: c, division: d, shards: make([]*shard, n), errs: make([]error, n), begin: make(chan struct{})}
	for i := range t.shards {
		t.shards[i] = newShard(c, c.Connections*i/n, c.Connections*(i+1)/n)
	}
	return t
}

// run runs every shard on a thread of its own, and returns when all have ended.
func (t *team) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	t.made.Add(len(t.shards))
	for i := range t.shards {
		made := sync.OnceFunc(t.made.Done)
		all.Go(func() {
			defer made() // if there was no place to make any
			if t.errs[i] = t.config.Place(func() error { return t.runShard(ctx, t.shards[i], made) }); t.errs[i] != nil {
				cancel()
			}
		})
	}
	t.made.Wait()
	t.began = time.Now()
	close(t.begin)
	all.Wait()
}

// failed is the first thread's error of those that failed: the others may have
// failed for the same reason.
func (t *team) failed() error {
	i := slices.IndexFunc(t.errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return t.errs[i]
}

// runShard makes a shard's connections, and lets it run as soon as all have made theirs.
func (t *team) runShard(ctx context.Context, s *shard, made func()) error {
	defer s.close()
	err := t.enter()
	if err == nil {
		err = s.open()
	}
	made()
	if err != nil {
		return err
	}
	<-t.begin
	s.began = t.began
	return s.run(ctx)
}

// tell tells of progress until it is stopped.
func (t *team) tell(progress func(ended int64)) (stop func()) {
	done := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			n := int64(0)
			for _, s := range t.shards {
				n += s.progress.Load()
			}
			progress(n)
		}
	})
	return func() { close(done); told.Wait() }
}
