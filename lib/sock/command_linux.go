package sock

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Command is another program that runs with a socket as its standard input and
// standard output, as inetd(8) would run it. It dies with the run's thread.
type Command struct {
	t           *Table
	pid         int
	host        string
	disposition journal.Disposition
	status      *syscall.WaitStatus // nil: it still runs
}

// Exec starts a program. It must be called on the run's thread; the socket is
// the program's too from then on.
func (t *Table) Exec(path string, argv []string, standard *Socket) (*Command, error) {
	fd := uintptr(standard.descriptor())
	c := &Command{t: t, host: standard.host.Name}
	starting.Lock()
	defer starting.Unlock()
	var err error
	c.pid, err = syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{fd, fd, 2},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}, // a group, for what it starts itself
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	t.commands = append(t.commands, c)
	name := strings.ToValidUTF8(filepath.Base(path), "\ufffd") // as JSON would have it: a file may be called anything
	c.record(journal.Process{Event: "started", How: name, Sockets: []string{standard.id}})
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
	var status syscall.WaitStatus
	for {
		pid, err := syscall.Wait4(c.pid, &status, flags, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if pid != c.pid {
			return false
		}
		break
	}
	c.status = &status
	p := journal.Process{Event: "exited", Status: status.ExitStatus(), Disposition: c.disposition}
	if status.Signaled() {
		p.Event, p.Status, p.Signal = "killed", 0, journal.Signal(unix.SignalName(status.Signal()))
	}
	c.record(p)
	return true
}

// kill ends a program that still runs, and what it has started.
func (c *Command) kill() error {
	if c.status != nil {
		return nil
	}
	if err := unix.Kill(-c.pid, unix.SIGKILL); err != nil {
		return fmt.Errorf("kill(%d, SIGKILL): %w", c.pid, err)
	}
	c.reap(0)
	return nil
}
