package scenario

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"sockproof/lib/journal"
)

// T is a run in progress, as a scenario's steps see it. Each method is a step, or asks
// what a step needs.
//
// What cannot be set up, such as a socket, a bind to a free port or a kernel setting,
// ends the run: the remaining steps are not taken, and the journal is stopped with the
// operation, its arguments and the errno. The run's outcome is then inconclusive. So it
// is when the run's time is over. Steps therefore check no error.
//
// What the kernel answers is evidence: it is in the journal, ends nothing, and a step
// that gets an answer returns it, for steps that depend on it.
//
// A step that may send something lets it arrive, and what it causes with it, before it
// returns (Settle); AtOnce makes several calls without that.
//
// T belongs to the goroutine of the steps. Other threads may make calls on an End
// (Threads, Race, End.Background): nothing is carried for these, and an error ends no
// run.
type T struct {
	on     stage
	cond   Conditions
	hosts  []string
	atOnce int // AtOnce's depth

	listener *Listener // that of Connection
	clients  uint16    // made so far, for their ports
}

// stopped is why the steps cannot go on; it is the value of a panic that only take sees.
type stopped struct{ err error }

// take takes the steps. The error is why they could not all be taken.
func (t *T) take(steps func(*T)) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case stopped:
			err = p.err
		default:
			panic(p)
		}
	}()
	steps(t)
	return nil
}

// must ends the run if something could not be set up.
func (t *T) must(err error) {
	if err != nil {
		panic(stopped{err})
	}
}

// goOn ends the run if its time is over. On other threads it does nothing: a call that
// they make then fails.
func (t *T) goOn() {
	if !t.on.Own() {
		return
	}
	t.must(t.on.Ended())
}

// evidence is what the kernel answered. That a call was not made, because the run is
// over, ends the run.
func (t *T) evidence(err error) journal.Errno {
	if err == nil {
		return ""
	}
	t.goOn()
	var call interface{ Errno() journal.Errno }
	if errors.As(err, &call) {
		return call.Errno()
	}
	return journal.Errno(err.Error())
}

// settle lets what a step sent arrive.
func (t *T) settle() {
	if t.on.Own() && t.atOnce == 0 {
		t.Settle()
	}
}

// Must ends the run if something else that the steps need could not be had.
func (t *T) Must(err error) {
	t.goOn()
	t.must(err)
}

// Stop ends the run, which is inconclusive for this reason.
func (t *T) Stop(format string, args ...any) { t.must(fmt.Errorf(format, args...)) }

// Network is where the run takes place.
func (t *T) Network() journal.Network { return t.on.Network() }

// OnHost says whether that is the caller's own stack.
func (t *T) OnHost() bool { return t.Network() == journal.HostNet }

// OnWire says whether the program carries the packets.
func (t *T) OnWire() bool { return t.on.Wire() != nil }

// Family is the IP version.
func (t *T) Family() journal.Family { return t.on.Family() }

// Option is the value of one of the binary's own flags, "" if it was not given.
func (t *T) Option(flag string) string {
	if t.cond.Option == nil {
		return ""
	}
	return t.cond.Option(flag)
}

// Full says whether all steps are to be taken, where there is a shortened form. What only the
// rest decides is inconclusive without them.
func (t *T) Full() bool { return t.cond.Full }

// Context ends with the run's time.
func (t *T) Context() context.Context { return t.on.Context() }

// Over says whether the run's time is over: for conditions that other threads wait for.
func (t *T) Over() bool { return t.on.Context().Err() != nil }

// CallersSetting is a kernel setting as it is on the caller's own stack; known: it could
// be read.
func (t *T) CallersSetting(name string) (value string, known bool) {
	value, known = t.cond.Caller[name]
	return value, known
}

// Host is one of the run's hosts.
type Host struct {
	t    *T
	Name string
}

// Host returns the host of that name, which the scenario must have declared.
func (t *T) Host(name string) *Host { return &Host{t, name} }

// client is the host whose sockets connect, and server the one whose listen: the
// scenario's first and its last.
func (t *T) client() *Host { return t.Host(t.hosts[0]) }
func (t *T) server() *Host { return t.Host(t.hosts[len(t.hosts)-1]) }

// At is the host's address with a port.
func (h *Host) At(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(h.t.on.Addr(h.Name), port)
}

// List journals the host's sockets that are in one of the states (sock_diag). It is not
// for the caller's own stack, where it would report other programs' sockets.
func (h *Host) List(states ...string) {
	h.t.goOn()
	h.t.must(h.t.on.List(h.Name, states...))
}

// In runs f with the run's thread in the host's network namespace. An error ends the run.
func (h *Host) In(f func() error) {
	h.t.goOn()
	h.t.must(h.t.on.In(h.Name, f))
}

// Sysctl makes a kernel setting in a host's namespace, and journals it. On the caller's
// own stack, where none is ever changed, it ends the run.
func (t *T) Sysctl(host, name, value string) {
	t.goOn()
	t.must(t.on.Set(host, name, value))
}

// TrySysctl is Sysctl where the kernel may not have the setting.
func (t *T) TrySysctl(host, name, value string) error {
	t.goOn()
	return t.on.Set(host, name, value)
}

// Setting reads a kernel setting in a host's namespace, and journals it.
func (t *T) Setting(host, name string) string {
	t.goOn()
	v, err := t.on.Setting(host, name)
	t.must(err)
	return v
}

// Settle lets what has begun come to its end. On the wire every waiting packet is
// delivered, one by one, until none waits; elsewhere the kernel is given time until no
// socket has anything unacknowledged, or a state that cannot last.
func (t *T) Settle() {
	t.goOn()
	t.on.Settle()
	t.goOn()
}

// Deliver lets what has been sent arrive, and nothing more: on the wire it is carried,
// elsewhere it has arrived already. Unlike Settle it does not wait for what the kernel
// delays, or what a full window holds up.
func (t *T) Deliver() {
	if t.OnWire() {
		t.Settle()
	}
}

// Await goes on as Settle does until done says so, or d has passed, and returns what
// done said last. It is how steps wait for the kernel's timers.
func (t *T) Await(d time.Duration, done func() bool) bool {
	t.goOn()
	is := t.on.Await(d, done)
	t.goOn()
	return is
}

// Wait is Await for a span of time.
func (t *T) Wait(d time.Duration) { t.Await(d, func() bool { return false }) }

// AtOnce makes the calls of f one after the other, and lets nothing that they send
// arrive. What follows does.
func (t *T) AtOnce(f func()) {
	t.atOnce++
	f()
	t.atOnce--
}

// Round is what becomes of a round's events.
type Round int

// What becomes of them.
const (
	Fold Round = iota // they are counted
	Keep              // they are kept
	Last              // they are kept, and no other round follows
)

// Endless is the number of rounds that only the run's time bounds.
const Endless = math.MaxInt

// Rounds takes the steps of a round n times, or until a round is the last, and returns
// how often. Events of rounds are kept or counted, as each says; those of a round that was
// cut short are kept. When the run's time is over it returns, and the next step ends the
// run: rounds that were left take nothing back of what was seen in others
// (claim.Phenomenon.Rounds).
func (t *T) Rounds(n int, round func() Round) (made int) {
	t.goOn()
	for made < n && t.on.Ended() == nil {
		made++
		var (
			r   Round
			err error
		)
		t.on.Trial(func() (keep bool) {
			err = t.take(func(*T) { r = round() })
			return err != nil || r != Fold
		})
		if err != nil && t.on.Ended() == nil {
			t.must(err)
		}
		if r == Last {
			break
		}
	}
	return made
}

// Threads runs each function on a thread of its own, and returns when all have.
func (t *T) Threads(all ...func()) {
	t.goOn()
	var running sync.WaitGroup
	for _, f := range all {
		running.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			f()
		})
	}
	running.Wait()
}

// Race runs two functions at the same moment, as nearly as two threads can: each on a
// processor of its own where there are two.
func (t *T) Race(first, second func()) {
	t.goOn()
	t.on.Race(first, second)
}

// Note records a remark for the reader. Nothing is judged by it.
func (t *T) Note(format string, args ...any) {
	t.on.Record(journal.Event{Kind: journal.KindNote, Note: &journal.Note{Text: fmt.Sprintf(format, args...)}})
}

// Announce records a remark, and shows it at once to whoever is watching.
func (t *T) Announce(format string, args ...any) {
	t.Note(format, args...)
	if t.cond.Announce != nil {
		t.cond.Announce(format, args...)
	}
}

// Progress shows how far a long run is, on a terminal.
func (t *T) Progress(format string, args ...any) {
	if t.cond.Progress != nil {
		t.cond.Progress(fmt.Sprintf(format, args...))
	}
}

// Forget drops what has been recorded so far: for steps without end.
func (t *T) Forget() { t.on.Forget() }

// Count journals how far the kernel's counters have moved since the run began, or since
// they were last counted.
func (t *T) Count() {
	t.goOn()
	t.on.Count()
}

// Counters lets these counters be journalled whenever they are counted, where they did not
// move too: that one stood still is evidence.
func (t *T) Counters(names ...string) {
	t.goOn()
	t.on.Always(names...)
}

// Answer records what an application made of a request, on one of its sockets.
func (t *T) Answer(e *End, a journal.Answer) {
	t.on.Record(journal.Event{Host: e.Host(), Socket: e.ID(), Kind: journal.KindAnswer, Answer: &a})
}

// Transfer moves n bytes from one end of a connection to the other, in bulk: calls and
// packets are counted instead of kept.
func (t *T) Transfer(from, to *End, n int64) {
	t.goOn()
	t.must(t.on.Transfer(from.s, to.s, n))
}
