package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/sock"
	"sockproof/lib/wire"
)

// run is a run in progress, on the running kernel. It belongs to one thread.
type run struct {
	ctx   context.Context
	time  context.Context         // the run's, until it is torn down
	halt  context.CancelCauseFunc // ends it early
	late  context.Context         // ends a little after the run's time: nothing is waited for then
	rec   *journal.Recorder
	cond  Conditions
	net   *network.Network
	wire  *wire.Wire // nil on loopback and host
	table *sock.Table
	watch *witnesses

	missing map[journal.Witness]bool // witnesses that some host could not have
	library []chan struct{}          // libraries at work, closed when they have returned

	cut error // why a wait was cut short: the run is over
}

func (r *run) Network() journal.Network { return r.net.Kind }

func (r *run) Family() journal.Family { return r.net.Family }

func (r *run) Wire() *wire.Wire { return r.wire }

func (r *run) Context() context.Context { return r.ctx }

// OK says whether the run may go on: not interrupted, time left, nothing broken.
func (r *run) OK() bool {
	if r.cut == nil && r.ctx.Err() != nil {
		r.cut = context.Cause(r.ctx)
	}
	return !r.over()
}

func (r *run) Ended() error {
	if r.OK() {
		return nil
	}
	return r.cut
}

// over says whether the run's time is over, or its journal full. Unlike OK it is asked
// while the run is torn down too.
func (r *run) over() bool {
	if r.time.Err() == nil && r.rec.Len() > mostEvents {
		r.halt(errFlood)
	}
	if r.cut == nil && r.time.Err() != nil {
		r.cut = context.Cause(r.time)
	}
	return r.cut != nil
}

// mostEvents bounds a journal: no scenario records a tenth of it, and judging more would
// take longer than the run.
const mostEvents = 10_000

// errFlood is that there was no end to what happened.
var errFlood = fmt.Errorf("more than %d events: there is no end to what is sent, or to what a call returns", mostEvents)

// Interrupted ends the run because a wait was cut short; the first reason counts.
func (r *run) Interrupted(err error) {
	if r.cut == nil && err != nil {
		r.cut = err
	}
}

func (r *run) Record(e journal.Event) { r.rec.Add(e) }

func (r *run) Trial(f func() (keep bool)) {
	r.watch.stopHearing(r)
	r.rec.Trial(f)
}

func (r *run) Forget() { r.rec.Forget() }

// restPoll is how often a stack that is not at rest is looked at.
const restPoll = 200 * time.Microsecond

// restBound bounds the wait for a stack to come to rest: longer than the first
// retransmission of a SYN, one second (RFC 6298 §2).
const restBound = 3 * time.Second

func (r *run) Settle() {
	if !r.OK() {
		return
	}
	if r.wire != nil {
		r.Interrupted(r.wire.Settle())
		return
	}
	r.Await(restBound, r.table.AtRest)
}

func (r *run) Await(d time.Duration, done func() bool) bool {
	if !r.OK() {
		return false
	}
	if r.wire != nil {
		ok, err := r.wire.Await(d, done)
		r.Interrupted(err)
		return ok
	}
	for deadline := time.Now().Add(d); ; {
		r.look()
		if done() {
			return true
		}
		if !r.OK() || time.Now().After(deadline) {
			return false
		}
		time.Sleep(restPoll)
	}
}

// look takes in what the run's last call caused: what left for the wire or
// passed lo, then the sockets' states.
func (r *run) look() {
	r.take()
	r.sample()
}

// sample takes in the sockets' states.
func (r *run) sample() {
	r.table.Sample()
	r.over() // and nothing is done or delivered any more
}

// take takes in what has left for the wire, or passed lo.
func (r *run) take() {
	if r.wire != nil {
		r.Interrupted(r.wire.Poll())
	}
	r.watch.drain(r)
}

// teardownBound is how much longer than its time a run may take to be torn down.
const teardownBound = 250 * time.Millisecond

// later is a context that ends so long after another.
func later(ctx context.Context, d time.Duration) (late context.Context, done func()) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(d):
			cancel()
		case <-late.Done():
		}
	})
	return late, func() { stop(); cancel() }
}

// errTimeout is that a run took longer than --timeout.
var errTimeout = errors.New("time ran out")

// conduct runs a scenario on one network. The error is that the network cannot
// be had; what goes wrong later is why the journal is stopped.
func conduct(ctx context.Context, s *Scenario, c Conditions, k journal.Network, why string) (journal.Journal, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%w: --timeout %v", errTimeout, c.Timeout))
		defer cancel()
	}
	head := journal.Journal{Run: c.Run, Scenario: s.Name, Family: c.Family, Network: k, NetworkWhy: why}
	if !c.Began.IsZero() {
		head.BeganNS = time.Since(c.Began).Nanoseconds()
	}
	rec := journal.NewRecorder(head, c.First)
	ctx, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	late, done := later(ctx, teardownBound)
	defer done()
	r := &run{ctx: ctx, time: ctx, halt: halt, late: late, rec: rec, cond: c, missing: map[journal.Witness]bool{}}
	var err error
	r.net, err = network.Open(network.Options{Kind: k, Family: c.Family, Hosts: s.hosts(), ToSelf: s.ToSelf, DelayedACK: s.DelayedACK, MTU: s.MTU, NoTUN: c.NoTUN, Recorder: rec})
	if err != nil {
		return journal.Journal{}, err
	}
	defer r.net.Close()
	if r.net.NoTUN != nil {
		rec.Over("a veth pair, for " + r.net.NoTUN.Error())
	}
	rec.StreamTo(c.Stream)
	return r.conduct(s), nil
}

// conduct takes the steps on the stage that has been set.
func (r *run) conduct(s *Scenario) journal.Journal {
	bounds := sock.Bounds{Run: r.time, Late: r.late}
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	r.ctx = ctx
	if err := r.attach(bounds); err != nil {
		return r.rec.Finish(err.Error())
	}
	defer r.watch.close()
	running := watchRunning(r.rec)
	err := r.steps(s)
	r.count()
	if r.OK() {
		r.table.HearOut(mostHeard)
	}
	r.rec.Played()
	r.OK() // whether the time ran out is asked before it is cut
	cancel()
	if e := r.awaitLibraries(); err == nil {
		err = e
	}
	if e := r.table.Abort(); err == nil {
		err = e
	}
	r.look()
	r.watch.count(r)
	r.look() // what left while the counters were read
	if r.cut != nil {
		err = r.cut // the reason why later calls failed
	}
	running.tell()
	return r.rec.Finish(stoppedBy(err))
}

// mostHeard is how long the kernel's account of sockets that it has destroyed is waited for.
const mostHeard = 5 * time.Millisecond

// lateOnLo are the pauses after which the sockets are looked at again at the end of the steps: a busy
// machine takes a segment in a while after it was sent, or captured.
var lateOnLo = []time.Duration{0, time.Millisecond, 10 * time.Millisecond, 40 * time.Millisecond}

// count takes down what TCP_INFO counted when the steps are over, and takes in what was counted:
// on lo when nothing is under way any more.
func (r *run) count() {
	if r.wire != nil {
		r.table.Count()
		r.take()
		return
	}
	for _, pause := range lateOnLo {
		time.Sleep(pause)
		r.table.Count()
		r.look()
		if !r.OK() || r.table.AtRest() && r.table.Level() {
			return
		}
	}
}

// steps lets the world be altered, then takes the scenario's steps.
func (r *run) steps(s *Scenario) error {
	t := &T{on: r, cond: r.cond, hosts: s.hosts()}
	if r.cond.Alter != nil {
		if err := t.take(r.cond.Alter); err != nil {
			return err
		}
	}
	return t.take(s.Steps)
}

// attach lets the witnesses watch before anything happens.
func (r *run) attach(bounds sock.Bounds) error {
	r.table = sock.NewTable(r.rec, r.net.Family, bounds, sock.Hooks{After: r.look, Take: r.take, Port: r.WatchPort, Carry: r.carry})
	w, err := attach(r)
	if err != nil {
		return err
	}
	r.watch = w
	if r.net.Kind == journal.Wire {
		var (
			ends []wire.End
			fds  []int
		)
		for _, h := range r.net.Hosts {
			device, fd := wire.Device(wire.TUN(h.TUN)), h.TUN
			if v := h.Veth; v != nil {
				device, fd = wire.NewVeth(v.Tap, v.In, v.To), v.Tap
			}
			ends = append(ends, wire.End{Host: h.Name, Addr: h.Addr, Device: device})
			fds = append(fds, fd)
		}
		r.wire = wire.New(r.ctx, r.rec, ends, r.sample, wire.Idle(fds...))
		if r.cond.Moves != nil {
			r.wire.SetHand((&stepper{Moves: r.cond.Moves, r: r}).step)
		}
	}
	return nil
}

// carry hands on what still waits on the wire at the end of a run.
func (r *run) carry() {
	if r.wire == nil {
		return
	}
	r.Interrupted(r.wire.Flush())
}

func (r *run) WatchPort(port uint16) error { return r.watch.port(port) }

// Transfer moves n bytes from one socket of a connection to the other, in bulk:
// calls and packets are counted instead of kept.
func (r *run) Transfer(from, to socket, n int64) error {
	f := sock.NewFlow(kernels(from), kernels(to), n)
	defer f.Record()
	if r.wire != nil {
		return r.wire.Bulk(f.Step)
	}
	for more := true; more; {
		if !r.OK() {
			return r.cut
		}
		var err error
		if more, err = f.Step(); err != nil {
			return err
		}
		r.look()
	}
	return nil
}

func (r *run) Always(counters ...string) { r.watch.always = append(r.watch.always, counters...) }

func (r *run) Count() {
	r.look()
	r.watch.count(r)
	r.look()
}
