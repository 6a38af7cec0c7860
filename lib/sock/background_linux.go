package sock

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Pending is calls that run in the background because they may block: on the
// run's thread they would stop the packets they wait for.
type Pending struct {
	s      *Socket
	done   chan struct{}
	thread atomic.Int32 // its id; 0: not running yet
	noted  bool         // that it blocks has been journalled
}

// Background runs f, which makes calls on s, on a thread of its own. They are
// journalled when they return. The run looks at what they caused as it goes on.
func (s *Socket) Background(f func()) *Pending {
	p := &Pending{s: s, done: make(chan struct{})}
	s.mu.Lock()
	s.pending = append(s.pending, p)
	s.mu.Unlock()
	go func() {
		defer close(p.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer undisturbed()()
		p.thread.Store(int32(unix.Gettid()))
		f()
	}()
	return p
}

// undisturbed keeps all signals from this thread but the one by which it is
// interrupted: Go's runtime preempts by SIGURG, and a child that ends may choose any
// thread for its SIGCHLD; either would interrupt a call that blocks. It returns how
// to let them in again.
func undisturbed() (done func()) {
	var set, old unix.Sigset_t
	for i := range set.Val { // of words whose size depends on the architecture
		set.Val[i] = ^set.Val[i]
	}
	set.Val[0] &^= 1 << (interruption - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old); err != nil {
		return func() {} // the kernel knows this call
	}
	return func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) }
}

// interruption is a signal that Go's runtime handles and nobody else cares about.
const interruption = unix.SIGIO

// Done says whether the calls have returned.
func (p *Pending) Done() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Blocked says whether the thread waits inside read, write, close or accept4, as the kernel tells
// of it, and journals it the first time: how, in the journal, is the call's text.
func (p *Pending) Blocked(how string) bool {
	tid := p.thread.Load()
	if tid == 0 || p.Done() {
		return false
	}
	// The number of the system call in which the thread sleeps (proc_pid_syscall(5)).
	b, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
	if err != nil {
		return false
	}
	word, _, _ := strings.Cut(string(b), " ")
	if number, err := strconv.Atoi(word); err != nil || !slices.Contains([]int{unix.SYS_READ, unix.SYS_WRITE, unix.SYS_CLOSE, unix.SYS_ACCEPT4}, number) {
		return false // "running", or on its way there
	}
	if !p.noted {
		p.noted = true
		p.s.t.rec.Add(journal.Event{
			Host: p.s.host.Name, Socket: p.s.id, Kind: journal.KindProcess,
			Process: &journal.Process{PID: int(tid), Event: "blocked", How: how},
		})
	}
	return true
}

// Interrupt sends the thread a signal, as any that has a handler would come, and
// journals it.
func (p *Pending) Interrupt() {
	tid := p.thread.Load()
	if tid == 0 || p.Done() {
		return
	}
	sent := p.s.t.rec.Now() // the call may return before Tgkill does
	if err := unix.Tgkill(unix.Getpid(), int(tid), interruption); err != nil {
		return // it has ended meanwhile
	}
	p.s.t.rec.Add(journal.Event{
		T: sent, Host: p.s.host.Name, Socket: p.s.id, Kind: journal.KindProcess,
		Process: &journal.Process{PID: int(tid), Event: "signalled", Signal: journal.Signal(unix.SignalName(interruption))},
	})
}

// isBusy says whether calls on the socket are running in the background.
func (s *Socket) isBusy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pending {
		if !p.Done() {
			return true
		}
	}
	return false
}

// wait waits for the calls in the background to return. One that is waited for in
// vain is left to itself: it ends with the program.
func (s *Socket) wait() error {
	s.mu.Lock()
	pending := s.pending
	s.mu.Unlock()
	for _, p := range pending {
		select {
		case <-p.done:
		case <-s.t.bounds.Late.Done():
			return fmt.Errorf("a call on %s has not returned", s.id)
		}
	}
	return nil
}
