package sock

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Program is another program that is to run.
type Program struct {
	Path string
	Argv []string
	Env  []string // in addition to this process's own
	// Standard is its standard input and output, as inetd(8) would have it; nil: Files are.
	Standard *Socket
	Files    [3]*os.File
}

// files are the descriptors that it begins with.
func (p *Program) files() []uintptr {
	if p.Standard != nil {
		fd := uintptr(p.Standard.descriptor())
		return []uintptr{fd, fd, p.Files[2].Fd()}
	}
	return []uintptr{p.Files[0].Fd(), p.Files[1].Fd(), p.Files[2].Fd()}
}

// Command is another program that runs. It dies with the run's thread, and what it has
// started is ended when the run is.
type Command struct {
	t           *Table
	pid         int
	host        string
	disposition journal.Disposition
	status      *syscall.WaitStatus // nil: it still runs
	maxRSS      int64               // bytes, once it has ended
}

// Exec starts a program on a host. It must be called on the run's thread; a socket that is
// its standard input is the program's too from then on.
func (t *Table) Exec(host string, p Program) (*Command, error) {
	c := &Command{t: t, host: host}
	starting.Lock()
	defer starting.Unlock()
	// What the program starts and leaves behind becomes this process's own (prctl(2)): it
	// can be told whose it was, and ended.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("prctl(PR_SET_CHILD_SUBREAPER): %w", err)
	}
	var err error
	c.pid, err = syscall.ForkExec(p.Path, p.Argv, &syscall.ProcAttr{
		Env:   append(os.Environ(), p.Env...),
		Files: p.files(),
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}, // a group, for what it starts itself
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Path, err)
	}
	t.commands = append(t.commands, c)
	name := strings.ToValidUTF8(filepath.Base(p.Path), "\ufffd") // as JSON would have it: a file may be called anything
	event := journal.Process{Event: "started", How: name}
	if p.Standard != nil {
		event.Sockets = []string{p.Standard.id}
	}
	c.record(event)
	return c, nil
}

func (c *Command) record(p journal.Process) {
	p.PID = c.pid
	c.t.rec.Add(journal.Event{Host: c.host, Kind: journal.KindProcess, Process: &p})
}

// PID is the process's id.
func (c *Command) PID() int { return c.pid }

// Disposition is what the program does about SIGPIPE, as /proc tells: default,
// ignore or handler; "" if it has ended. It is journalled when it changes. That the
// signal is blocked would say little: a shell that forks blocks all for a moment.
func (c *Command) Disposition() journal.Disposition {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.pid))
	if err != nil || c.status != nil {
		return ""
	}
	d := journal.DefaultSIGPIPE
	switch {
	case hasSignal(b, "SigIgn:", unix.SIGPIPE):
		d = journal.IgnoreSIGPIPE
	case hasSignal(b, "SigCgt:", unix.SIGPIPE):
		d = journal.HandleSIGPIPE
	}
	if d != c.disposition {
		c.disposition = d
		c.record(journal.Process{Event: "looked at", Disposition: d})
	}
	return d
}

// hasSignal says whether a mask in /proc/PID/status has a signal's bit
// (proc_pid_status(5)).
func hasSignal(status []byte, mask string, s syscall.Signal) bool {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(mask)); ok {
			set, err := strconv.ParseUint(string(bytes.TrimSpace(rest)), 16, 64)
			return err == nil && set&(1<<(s-1)) != 0
		}
	}
	return false
}

// Status is how the program ended: its exit status, or the signal's name; ended:
// it has.
func (c *Command) Status() (status int, signal journal.Signal, ended bool) {
	switch {
	case c.status == nil:
		return 0, "", false
	case c.status.Signaled():
		return 0, journal.Signal(unix.SignalName(c.status.Signal())), true
	}
	return c.status.ExitStatus(), "", true
}

// Ended says whether the program has ended, and journals how when it finds so
// (wait4(2)).
func (c *Command) Ended() bool { return c.reap(unix.WNOHANG) }

func (c *Command) reap(flags int) bool {
	if c.status != nil {
		return true
	}
	var (
		status syscall.WaitStatus
		usage  syscall.Rusage
	)
	for {
		pid, err := syscall.Wait4(c.pid, &status, flags, &usage)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if pid != c.pid {
			return false
		}
		break
	}
	c.status, c.maxRSS = &status, int64(usage.Maxrss)<<10 //nolint:unconvert // an int32 on 32 bit; told in KiB (getrusage(2))
	p := journal.Process{Event: "exited", Status: status.ExitStatus(), Disposition: c.disposition, MaxRSS: c.maxRSS}
	if status.Signaled() {
		p.Event, p.Status, p.Signal = "killed", 0, journal.Signal(unix.SignalName(status.Signal()))
	}
	c.record(p)
	return true
}

// MaxRSS is the most memory that the program had, in bytes, of itself and of each that it
// had started and waited for (wait4(2)); 0: it still runs.
func (c *Command) MaxRSS() int64 { return c.maxRSS }

// Tree lists the processes that are the program's: itself, while it runs, and those that it
// has started, and so on. The error is why some may be missing.
func (c *Command) Tree() (pids []int, err error) {
	all, err := descendants(os.Getpid())
	for _, pid := range all {
		if !c.t.isChild(pid) {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

// isChild says whether a process is one of the run's own children.
func (t *Table) isChild(pid int) bool {
	return slices.ContainsFunc(t.children, func(c *Child) bool { return c.pid == pid })
}

// Terminate asks the program, and what it has started, to end (SIGTERM).
func (c *Command) Terminate() {
	if c.status == nil {
		_ = unix.Kill(-c.pid, unix.SIGTERM) // it may have ended
	}
}

// kill ends a program that still runs, and what it has started.
func (c *Command) kill() error {
	if c.status == nil {
		if err := unix.Kill(-c.pid, unix.SIGKILL); err != nil {
			return fmt.Errorf("kill(%d, SIGKILL): %w", c.pid, err)
		}
		c.reap(0)
	}
	for range generations {
		left, err := c.Tree()
		if len(left) == 0 && err == nil {
			break
		}
		for _, pid := range left {
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = syscall.Wait4(pid, nil, 0, nil) // ECHILD where its parent is not yet gone
		}
	}
	return nil
}

// generations bounds how often what is left of a program is looked for: a process that is
// killed leaves its children to this one.
const generations = 64
