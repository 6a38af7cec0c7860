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

// Run is a run in progress: what a scenario plays on. It belongs to one thread.
type Run struct {
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
	foreign []chan struct{}          // libraries at work, closed when they have returned

	clients uint16 // made so far, for their ports

	cut error // why a wait was cut short: the run is over
}

// RunHost is one of the run's hosts.
type RunHost struct {
	*network.Host
	r *Run
}

// Host returns the host of that name, which the scenario must have declared.
func (r *Run) Host(name string) *RunHost {
	h := r.net.Host(name)
	if h == nil {
		panic("scenario without host " + name) // a mistake in the scenario's declaration
	}
	return &RunHost{Host: h, r: r}
}

// Socket makes a non-blocking TCP socket on the host.
func (h *RunHost) Socket() (*sock.Socket, error) { return h.r.table.Open(h.Host, sock.NonBlocking) }

// BlockingSocket makes one whose calls block: use it in the background.
func (h *RunHost) BlockingSocket() (*sock.Socket, error) {
	return h.r.table.Open(h.Host, sock.Blocking)
}

// Network says where the run takes place.
func (r *Run) Network() journal.Network { return r.net.Kind }

// Family is the IP version.
func (r *Run) Family() journal.Family { return r.net.Family }

// Wire is the link between the hosts; nil where there is none.
func (r *Run) Wire() *wire.Wire { return r.wire }

// Option is the value of one of the binary's own flags, "" if it was not given.
func (r *Run) Option(name string) string {
	if r.cond.Option == nil {
		return ""
	}
	return r.cond.Option(name)
}

// CallersSetting is a kernel setting as it is on the caller's own stack.
func (r *Run) CallersSetting(name string) (string, bool) {
	v, ok := r.cond.Caller[name]
	return v, ok
}

// Context ends with the run's time.
func (r *Run) Context() context.Context { return r.ctx }

// OK says whether the run may go on: not interrupted, time left, nothing broken.
func (r *Run) OK() bool {
	if r.cut == nil && r.ctx.Err() != nil {
		r.cut = context.Cause(r.ctx)
	}
	return !r.over()
}

// over says whether the run's time is over, or its journal full. Unlike OK it is asked
// while the run is torn down too.
func (r *Run) over() bool {
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

// stop ends the run because a wait was cut short; the first reason counts.
func (r *Run) stop(err error) {
	if r.cut == nil && err != nil {
		r.cut = err
	}
}

// Rule records what a filter on the wire, of a host's, did.
func (r *Run) Rule(host, format string, args ...any) {
	r.rec.Add(journal.Event{
		Host: host, Kind: journal.KindRule,
		Rule: &journal.Rule{Host: host, Text: fmt.Sprintf(format, args...)},
	})
}

// Answer records what an application made of a request, on one of its sockets.
func (r *Run) Answer(s *sock.Socket, a journal.Answer) {
	r.rec.Add(journal.Event{Host: s.Host(), Socket: s.ID(), Kind: journal.KindAnswer, Answer: &a})
}

// Note records a remark for the reader.
func (r *Run) Note(format string, args ...any) { r.rec.Note(format, args...) }

// Progress shows how far a long run is, on a terminal.
func (r *Run) Progress(format string, args ...any) {
	if r.cond.Progress != nil {
		r.cond.Progress(fmt.Sprintf(format, args...))
	}
}

// Trial runs f and keeps its events only if f says so; the others are counted.
func (r *Run) Trial(f func() (keep bool)) { r.rec.Trial(f) }

// Forget drops what has been recorded so far: for a play without end.
func (r *Run) Forget() { r.rec.Forget() }

// Set makes kernel settings in a host's namespace; on the caller's own stack
// it fails.
func (h *RunHost) Set(name, value string) error {
	return h.Host.Set(network.Setting{Name: name, Value: value})
}

// restPoll is how often a stack that is not at rest is looked at.
const restPoll = 200 * time.Microsecond

// restBound bounds the wait for a stack to come to rest: longer than the first
// retransmission of a SYN, one second (RFC 6298 §2).
const restBound = 3 * time.Second

// Settle lets what has begun come to its end. On the wire every waiting packet
// is delivered, one by one, until none waits; elsewhere the kernel is given
// until no socket has anything unacknowledged or a state that cannot last.
func (r *Run) Settle() {
	if !r.OK() {
		return
	}
	if r.wire != nil {
		r.stop(r.wire.Settle())
		return
	}
	r.Await(restBound, r.table.AtRest)
}

// Await goes on as Settle does until done says so or d has passed; it reports
// what done said last. It is how a scenario waits for the kernel's timers.
func (r *Run) Await(d time.Duration, done func() bool) bool {
	if !r.OK() {
		return false
	}
	if r.wire != nil {
		ok, err := r.wire.Await(d, done)
		r.stop(err)
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
func (r *Run) look() {
	r.take()
	r.table.Sample()
	r.over() // and no call is made any more
}

// take takes in what has left for the wire, or passed lo.
func (r *Run) take() {
	if r.wire != nil {
		r.stop(r.wire.Poll())
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
func conduct(ctx context.Context, s *Scenario, play Play, c Conditions, k journal.Network, why string) (journal.Journal, error) {
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
	r := &Run{ctx: ctx, time: ctx, halt: halt, late: late, rec: rec, cond: c, missing: map[journal.Witness]bool{}}
	var err error
	r.net, err = network.Open(network.Options{Kind: k, Family: c.Family, Hosts: s.Hosts, ToSelf: s.ToSelf, DelayedACK: s.DelayedACK, MTU: s.MTU, Recorder: rec})
	if err != nil {
		return journal.Journal{}, err
	}
	defer r.net.Close()
	rec.StreamTo(c.Stream)
	return r.conduct(s, play), nil
}

// conduct plays on the stage that has been set.
func (r *Run) conduct(s *Scenario, play Play) journal.Journal {
	bounds := sock.Bounds{Run: r.time, Late: r.late}
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	r.ctx = ctx
	if err := r.attach(bounds); err != nil {
		return r.rec.Finish(err.Error())
	}
	defer r.watch.close()
	running := watchRunning(r.rec)
	err := r.play(s, play)
	r.table.Count()
	r.rec.Played()
	r.OK() // whether the time ran out is asked before it is cut
	cancel()
	if e := r.awaitForeign(); err == nil {
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

// play lets the world be altered, then the scenario begin.
func (r *Run) play(s *Scenario, play Play) error {
	t := &T{on: &linuxStage{r}, cond: r.cond, hosts: s.Hosts}
	if r.cond.Alter != nil {
		if err := t.take(r.cond.Alter); err != nil {
			return err
		}
	}
	if play == nil {
		return t.take(s.Steps)
	}
	return play(r)
}

// OnRun alters the world by a run.
func OnRun(f func(r *Run) error) func(t *T) {
	return func(t *T) { t.must(f(t.on.(*linuxStage).Run)) }
}

// attach lets the witnesses watch before anything happens.
func (r *Run) attach(bounds sock.Bounds) error {
	r.table = sock.NewTable(r.rec, r.net.Family, bounds, sock.Hooks{After: r.look, Take: r.take, Port: r.watchPort, Carry: r.carry})
	w, err := attach(r)
	if err != nil {
		return err
	}
	r.watch = w
	if r.net.Kind == journal.Wire {
		var (
			ends []wire.End
			tuns []wire.TUN
		)
		for _, h := range r.net.Hosts {
			ends = append(ends, wire.End{Host: h.Name, Addr: h.Addr, Device: wire.TUN(h.TUN)})
			tuns = append(tuns, wire.TUN(h.TUN))
		}
		r.wire = wire.New(r.ctx, r.rec, ends, r.table.Sample, wire.Idle(tuns...))
		if r.cond.Moves != nil {
			r.wire.SetHand((&stepper{Moves: r.cond.Moves, r: r}).step)
		}
	}
	return nil
}

// carry hands on what still waits on the wire at the end of a run.
func (r *Run) carry() {
	if r.wire == nil {
		return
	}
	r.stop(r.wire.Flush())
}

func (r *Run) watchPort(port uint16) error { return r.watch.port(port) }

// Spawn starts a child process that owns the sockets too.
func (r *Run) Spawn(d journal.Disposition, sockets ...*sock.Socket) (*sock.Child, error) {
	return r.table.Spawn(d, sockets...)
}

// SpawnPiped starts one whose standard output and standard error are sockets.
func (r *Run) SpawnPiped(d journal.Disposition, out, errs *sock.Socket, others ...*sock.Socket) (*sock.Child, error) {
	return r.table.SpawnPiped(d, out, errs, others...)
}

// Exec starts another program with a socket as its standard input and output.
func (r *Run) Exec(path string, argv []string, standard *sock.Socket) (*sock.Command, error) {
	return r.table.Exec(path, argv, standard)
}

// Transfer moves n bytes from one socket of a connection to the other, in bulk:
// calls and packets are counted instead of kept.
func (r *Run) Transfer(from, to *sock.Socket, n int64) error {
	f := sock.NewFlow(from, to, n)
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

// Count journals how far the kernel's counters have moved since the run began, or
// since they were last counted.
func (r *Run) Count() {
	r.look()
	r.watch.count(r)
	r.look()
}

// List journals the sockets of a host's stack that are in one of the states.
func (h *RunHost) List(states ...string) error { return h.r.table.List(h.Host, states...) }
