package sock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// childMarker tells a process that it is a child that owns sockets.
const childMarker = "SOCKPROOF_CHILD"

// The descriptors of a child: its orders, its answers, then the sockets.
const (
	ordersFD  = 3
	answersFD = 4
)

// starting is held while a child is started, until it answers: between fork and
// exec it has a copy of every descriptor of this process, those of other runs
// among them, and exec closes them only after it has let its parent go on.
var starting sync.RWMutex

// Child is a process that owns sockets, so that what happens to a connection
// when its process ends can be shown. It does what it is told, one call after
// the other, and dies with the run's thread.
type Child struct {
	t           *Table
	pid         int
	host        string          // of its sockets
	fds         map[*Socket]int // its own descriptors of them
	disposition journal.Disposition
	orders      *os.File // to it
	answers     *json.Decoder
	from        *os.File // from it
	ended       bool
}

// order is one thing for a child to do.
type order struct {
	Op   string `json:"op"` // a system call's name, or return
	FD   int    `json:"fd"`
	Size int    `json:"size,omitempty"` // of a read; how, of a shutdown; status, of an end; the limit; flags
	Data []byte `json:"data,omitempty"`
	FDs  []int  `json:"fds,omitempty"` // of sockets to retry with
}

// answer is what a call in a child returned. Times are of CLOCK_MONOTONIC,
// which all processes share, in nanoseconds.
type answer struct {
	Result int64          `json:"result"`
	Errno  journal.Errno  `json:"errno,omitempty"`
	Out    string         `json:"out,omitempty"`
	Signal journal.Signal `json:"signal,omitempty"` // that the call raised, and that did not kill
	Data   []byte         `json:"data,omitempty"`
	Began  int64          `json:"began"`
	Ended  int64          `json:"ended"`
	Made   []attempt      `json:"made,omitempty"` // by a child that retried
}

// Spawn starts a child that inherits the sockets, as after fork(2): both
// processes hold them until one closes. It must be called on the run's thread.
func (t *Table) Spawn(d journal.Disposition, sockets ...*Socket) (*Child, error) {
	return t.spawn(d, []uintptr{0, 1, 2}, sockets)
}

// SpawnPiped starts a child whose standard output and standard error are
// sockets, as inetd(8) would; it inherits others too.
func (t *Table) SpawnPiped(d journal.Disposition, out, errs *Socket, sockets ...*Socket) (*Child, error) {
	return t.spawn(d, []uintptr{0, uintptr(out.descriptor()), uintptr(errs.descriptor())}, sockets, out, errs)
}

// spawn starts a child with these standard descriptors, of which the last ones
// are the sockets piped, and with other sockets behind them.
func (t *Table) spawn(d journal.Disposition, standard []uintptr, sockets []*Socket, piped ...*Socket) (*Child, error) {
	ordersR, ordersW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe for a child: %w", err)
	}
	answersR, answersW, err := os.Pipe()
	if err != nil {
		ordersR.Close()
		ordersW.Close()
		return nil, fmt.Errorf("pipe for a child: %w", err)
	}
	c := &Child{t: t, fds: map[*Socket]int{}, disposition: d, orders: ordersW, from: answersR, answers: json.NewDecoder(answersR)}
	for i, s := range piped {
		c.fds[s], c.host = len(standard)-len(piped)+i, s.host.Name
	}
	files := slices.Concat(standard, []uintptr{ordersR.Fd(), answersW.Fd()})
	for _, s := range sockets {
		c.fds[s], c.host = len(files), s.host.Name
		files = append(files, uintptr(s.descriptor()))
	}
	starting.Lock()
	defer starting.Unlock()
	// Not os/exec: it would make the sockets blocking, for both processes.
	c.pid, err = syscall.ForkExec("/proc/self/exe", os.Args[:1], &syscall.ProcAttr{
		Env:   append(os.Environ(), childMarker+"="+string(d)),
		Files: files,
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	// The child's ends are its own from here on: when it dies, ours must tell.
	ordersR.Close()
	answersW.Close()
	if err != nil {
		ordersW.Close()
		answersR.Close()
		return nil, fmt.Errorf("start a child: %w", err)
	}
	t.children = append(t.children, c)
	if _, err := c.ask(order{Op: opRoom}); err != nil {
		_, failed := c.reap("")
		return nil, fmt.Errorf("start a child: it ended before it could do anything: %w", errors.Join(err, failed))
	}
	started := journal.Process{Event: "started", Disposition: d}
	for _, s := range append(piped, sockets...) {
		started.Sockets = append(started.Sockets, s.id)
	}
	c.record(started)
	return c, nil
}

func (c *Child) record(p journal.Process) {
	p.PID = c.pid
	c.t.rec.Add(journal.Event{Host: c.host, Kind: journal.KindProcess, Process: &p})
}

// errNotOwned is that a child was told to use a socket that is not its own.
var errNotOwned = errors.New("the child does not own this socket")

// call has the child make a call on a socket, and journals it as the child saw
// it. If the child dies of it, the signal is journalled with the call, and no
// error returned.
func (c *Child) call(s *Socket, args []string, o order) error {
	fd, owns := c.fds[s]
	if !owns {
		return fmt.Errorf("%s(%s): %w", o.Op, s.id, errNotOwned)
	}
	o.FD = fd
	return c.make(s, append([]string{inChild(s)}, args...), o, nil)
}

// inChild is what the journal calls a child's descriptor of a socket.
func inChild(s *Socket) string {
	return journal.Descriptor{Socket: s.id, Via: journal.InChild}.String()
}

// make is call without the need for a socket. learn, which may be nil, is told
// the answer before the call is journalled.
func (c *Child) make(s *Socket, args []string, o order, learn func(*answer)) error {
	offset := c.t.rec.Now() - monotonic()
	asked := c.t.rec.Now()
	a, err := c.ask(o)
	call := journal.Call{Op: o.Op, Args: args, Data: a.Data}
	id := ""
	if s != nil {
		id = s.id
	}
	if errors.Is(err, io.EOF) {
		signal, err := c.reap("")
		if err != nil {
			return fmt.Errorf("%s in child %d: it ended, and how is not known: %w", o.Op, c.pid, err)
		}
		call.Result, call.Signal = -1, signal
		c.t.add(c.host, id, asked, call)
		c.t.after()
		return nil
	}
	if err != nil {
		return err
	}
	if learn != nil {
		learn(&a)
	}
	call.Result, call.Errno, call.Out, call.Signal, call.TookNS = a.Result, a.Errno, a.Out, a.Signal, a.Ended-a.Began
	c.t.add(c.host, id, a.Began+offset, call)
	c.t.after()
	return nil
}

// answerBound bounds the wait for a child to answer: longer than any call that it
// makes may block.
const answerBound = 20 * time.Second

// ask sends an order and waits for the answer; io.EOF: the child is gone.
func (c *Child) ask(o order) (answer, error) {
	var a answer
	if err := c.t.over(o.Op); err != nil {
		return a, fmt.Errorf("%s in child %d: %w", o.Op, c.pid, err)
	}
	if c.ended {
		return a, fmt.Errorf("%s in child %d: it has ended", o.Op, c.pid)
	}
	if err := json.NewEncoder(c.orders).Encode(o); err != nil {
		return a, fmt.Errorf("%s in child %d: %w", o.Op, c.pid, err)
	}
	return c.answer(o.Op)
}

// answer waits for what a child has to say; io.EOF: it is gone.
func (c *Child) answer(op string) (answer, error) {
	var a answer
	if err := c.from.SetReadDeadline(time.Now().Add(answerBound)); err != nil {
		return a, fmt.Errorf("%s in child %d: %w", op, c.pid, err)
	}
	late := context.AfterFunc(c.t.bounds.Late, func() { _ = c.from.SetReadDeadline(time.Now()) })
	defer late()
	if err := c.answers.Decode(&a); err != nil {
		if errors.Is(err, io.EOF) {
			return a, io.EOF
		}
		return a, fmt.Errorf("%s in child %d: %w", op, c.pid, err)
	}
	return a, nil
}

// Ended says whether the child is no more.
func (c *Child) Ended() bool { return c.ended }

// Exit makes the child's main return with its sockets open (exit(3)).
func (c *Child) Exit(status int) error {
	return c.end(order{Op: opReturn, Size: status}, "returned from main")
}

// ExitNow makes the child end on the spot with its sockets open (_exit(2)).
func (c *Child) ExitNow(status int) error {
	return c.end(order{Op: "exit_group", Size: status}, "_exit")
}

func (c *Child) end(o order, how string) error {
	if _, err := c.ask(o); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s in child %d: %w", o.Op, c.pid, err)
	}
	_, err := c.reap(how)
	c.t.after()
	return err
}

// Kill ends the child by a signal.
func (c *Child) Kill(s journal.Signal) error {
	if err := unix.Kill(c.pid, unix.SignalNum(string(s))); err != nil {
		return fmt.Errorf("kill(%d, %s): %w", c.pid, s, err)
	}
	_, err := c.reap("")
	c.t.after()
	return err
}

// abort ends a child that still runs so that its connections end with RST.
func (c *Child) abort() error {
	if c.ended {
		return nil
	}
	for _, fd := range c.fds {
		if _, err := c.ask(order{Op: opAbort, FD: fd}); err != nil {
			break // it will be killed all the same
		}
	}
	return c.Kill(journal.SIGKILL)
}

// reap waits for the child, journals how it ended, which for an orderly end the
// caller knows, and returns the signal's name, if it was one (wait4(2)). An end that
// could not be read is not journalled.
func (c *Child) reap(how string) (journal.Signal, error) {
	if c.ended {
		return "", nil
	}
	c.ended = true
	c.orders.Close()
	defer c.from.Close()
	p := journal.Process{Event: "exited", Disposition: c.disposition}
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(c.pid, &status, 0, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EINTR) {
			return "", fmt.Errorf("wait4(%d): %w", c.pid, err)
		}
	}
	if status.Signaled() {
		p.Event, p.Signal = "killed", journal.Signal(unix.SignalName(status.Signal()))
	} else {
		p.Status, p.How = status.ExitStatus(), how
	}
	c.record(p)
	return p.Signal, nil
}

// monotonic reads the clock that all processes share, in nanoseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // the vDSO's clock does not fail
	}
	return ts.Nano()
}
