package sock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// childMarker tells a process that it is a child that owns sockets.
const childMarker = "SOCKPROOF_CHILD"

// The descriptors of a child: its orders, its answers, then the sockets.
const (
	ordersFD  = 3
	answersFD = 4
	firstFD   = 5
)

// Disposition is what a child does about SIGPIPE.
type Disposition string

// The dispositions (signal(7)).
const (
	DefaultSIGPIPE Disposition = "default" // it dies of it
	IgnoreSIGPIPE  Disposition = "ignore"  // its writes fail with EPIPE
)

// Child is a process that owns sockets, so that what happens to a connection
// when its process ends can be shown. It does what it is told, one call after
// the other, and dies with the run's thread.
type Child struct {
	t           *Table
	pid         int
	sockets     []*Socket
	disposition Disposition
	orders      *os.File // to it
	answers     *json.Decoder
	from        *os.File // from it
	ended       bool
}

// order is one thing for a child to do.
type order struct {
	Op     string `json:"op"` // write, read, shutdown, close, exit
	Socket int    `json:"socket"`
	Size   int    `json:"size,omitempty"` // of a read; how, of a shutdown; status, of an exit
	Data   []byte `json:"data,omitempty"`
}

// answer is what a call in a child returned. Times are of CLOCK_MONOTONIC,
// which all processes share, in nanoseconds.
type answer struct {
	Result int64  `json:"result"`
	Errno  string `json:"errno,omitempty"`
	Data   []byte `json:"data,omitempty"`
	Began  int64  `json:"began"`
	Ended  int64  `json:"ended"`
}

// Spawn starts a child that inherits the sockets, as after fork(2): both
// processes hold them until one closes. It must be called on the run's thread.
func (t *Table) Spawn(d Disposition, sockets ...*Socket) (*Child, error) {
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
	defer ordersR.Close()
	defer answersW.Close()
	c := &Child{t: t, sockets: sockets, disposition: d, orders: ordersW, from: answersR, answers: json.NewDecoder(answersR)}
	files := []uintptr{0, 1, 2, ordersR.Fd(), answersW.Fd()}
	for _, s := range sockets {
		files = append(files, uintptr(s.descriptor()))
	}
	// Not os/exec: it would make the sockets blocking, for both processes.
	c.pid, err = syscall.ForkExec("/proc/self/exe", os.Args[:1], &syscall.ProcAttr{
		Env:   append(os.Environ(), childMarker+"="+string(d)),
		Files: files,
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		ordersW.Close()
		answersR.Close()
		return nil, fmt.Errorf("start a child: %w", err)
	}
	t.children = append(t.children, c)
	c.record(journal.Process{Event: "started", Disposition: string(d)})
	return c, nil
}

func (c *Child) record(p journal.Process) {
	p.PID = c.pid
	e := journal.Event{Kind: journal.KindProcess, Process: &p}
	if len(c.sockets) > 0 {
		e.Host = c.sockets[0].host.Name
	}
	c.t.rec.Add(e)
}

// index is the place of a socket among the child's.
func (c *Child) index(s *Socket) int {
	for i := range c.sockets {
		if c.sockets[i] == s {
			return i
		}
	}
	return -1
}

// Write makes the child write to one of its sockets.
func (c *Child) Write(s *Socket, b []byte) error {
	return c.call(s, []string{strconv.Itoa(len(b))}, order{Op: "write", Data: b})
}

// Read makes the child read from one of its sockets.
func (c *Child) Read(s *Socket, size int) error {
	return c.call(s, []string{strconv.Itoa(size)}, order{Op: "read", Size: size})
}

// Shutdown makes the child shut down one of its sockets.
func (c *Child) Shutdown(s *Socket, h How) error {
	return c.call(s, []string{h.String()}, order{Op: "shutdown", Size: int(h)})
}

// Close makes the child close its descriptor of one of its sockets.
func (c *Child) Close(s *Socket) error { return c.call(s, nil, order{Op: "close"}) }

// errNotOwned is that a child was told to use a socket that is not its own.
var errNotOwned = errors.New("the child does not own this socket")

// call has the child make a call, and journals it as the child saw it. If the
// child dies of it, the signal is journalled with the call, and no error returned.
func (c *Child) call(s *Socket, args []string, o order) error {
	if o.Socket = c.index(s); o.Socket < 0 {
		return fmt.Errorf("%s(%s): %w", o.Op, s.id, errNotOwned)
	}
	offset := c.t.rec.Now() - monotonic()
	asked := c.t.rec.Now()
	a, err := c.ask(o)
	call := journal.Call{Op: o.Op, Args: append([]string{s.id}, args...), Data: a.Data}
	if errors.Is(err, io.EOF) {
		call.Result, call.Signal = -1, c.reap()
		c.t.add(s.host.Name, s.id, asked, call)
		c.t.after()
		return nil
	}
	if err != nil {
		return err
	}
	call.Result, call.Errno, call.TookNS = a.Result, a.Errno, a.Ended-a.Began
	c.t.add(s.host.Name, s.id, a.Began+offset, call)
	c.t.after()
	return nil
}

// ask sends an order and waits for the answer; io.EOF: the child is gone.
func (c *Child) ask(o order) (answer, error) {
	var a answer
	if c.ended {
		return a, fmt.Errorf("%s in child %d: it has ended", o.Op, c.pid)
	}
	if err := json.NewEncoder(c.orders).Encode(o); err != nil {
		return a, fmt.Errorf("%s in child %d: %w", o.Op, c.pid, err)
	}
	if err := c.answers.Decode(&a); err != nil {
		if errors.Is(err, io.EOF) {
			return a, io.EOF
		}
		return a, fmt.Errorf("%s in child %d: %w", o.Op, c.pid, err)
	}
	return a, nil
}

// Exit makes the child end by exit(3) with its sockets open.
func (c *Child) Exit(status int) error {
	if _, err := c.ask(order{Op: "exit", Size: status}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("exit in child %d: %w", c.pid, err)
	}
	c.reap()
	c.t.after()
	return nil
}

// Kill ends the child by a signal.
func (c *Child) Kill(s syscall.Signal) error {
	if err := unix.Kill(c.pid, s); err != nil {
		return fmt.Errorf("kill(%d, %s): %w", c.pid, unix.SignalName(s), err)
	}
	c.reap()
	c.t.after()
	return nil
}

// reap waits for the child, journals how it ended, and returns the signal's
// name, if it was one (wait4(2)).
func (c *Child) reap() string {
	if c.ended {
		return ""
	}
	c.ended = true
	c.orders.Close()
	defer c.from.Close()
	p := journal.Process{Event: "exited", Disposition: string(c.disposition)}
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(c.pid, &status, 0, nil)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if status.Signaled() {
		p.Event, p.Signal = "killed", unix.SignalName(status.Signal())
	} else {
		p.Status = status.ExitStatus()
	}
	c.record(p)
	return p.Signal
}

// monotonic reads the clock that all processes share, in nanoseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // the vDSO's clock does not fail
	}
	return ts.Nano()
}
