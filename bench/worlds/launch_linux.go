package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A result is what came of one cell in one world.
type result struct {
	run     run
	raw     []byte // the report, as it was written
	idle    bool   // the world had nothing to interfere with
	failure string // no report, where one was due
	absent  string // the world took away what the binary needs to begin
}

// grace is what a binary gets beyond its own bound, until it counts as stuck.
const grace = 20 * time.Second

// A launcher starts binaries in worlds.
type launcher struct {
	self string // this program
	dir  string // of the binaries
	hold bool   // each run in a cgroup of its own
}

// launch runs one cell in one world. The calling thread must not end before:
// what it starts dies with it.
func (l launcher) launch(ctx context.Context, w world, c cell) (r result, err error) {
	in := inside{Host: c.net == "host", Setup: w.setup, Limits: w.limits, Watch: w.watched(c.net)}
	s, err := l.surround(w, &in)
	defer func() {
		err = errors.Join(err, s.remove())
		r.idle = r.idle || w.filter != nil && s.seen == 0
	}()
	if err != nil {
		return r, err
	}
	order, err := json.Marshal(in)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.bound()+grace)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.self, append([]string{insideCommand, string(order), filepath.Join(l.dir, c.binary)}, c.args()...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = time.Second
	guarded, err := startGuarded(cmd, w)
	if err != nil {
		return r, err
	}
	stopping, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.stops.apply(stopping, cmd.Process.Pid, w.name+c.String())
	}()
	ended := cmd.Wait()
	timedOut := ctx.Err()
	stop()
	<-stopped
	// Children of the binary that are left: its process group, and the cgroup.
	_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	if len(in.Cgroups) > 0 {
		_ = os.WriteFile(filepath.Join(in.Cgroups[0], "cgroup.kill"), []byte("1"), 0)
	}
	told, err := guarded()
	if err != nil {
		return r, err
	}
	r = judge(stdout.Bytes(), stderr.String(), ended, timedOut)
	r.idle = len(w.lies) > 0 && told == 0
	return r, nil
}

// surroundings lie around the process, and are removed after it.
type surroundings struct {
	undo []func() error
	seen uint64 // segments of the kind that a filter is about
}

// surround makes what there is until an error, which has to be removed as well.
func (l launcher) surround(w world, in *inside) (s *surroundings, err error) {
	s = &surroundings{}
	if l.hold {
		dir, err := newCgroup()
		if err != nil {
			return s, err
		}
		in.Cgroups = append(in.Cgroups, dir)
		s.undo = append(s.undo, func() error { return removeCgroup(dir) })
		if w.filter != nil {
			detach, err := w.filter.attach(dir)
			if err != nil {
				return s, err
			}
			s.undo = append(s.undo, func() error { s.seen = detach(); return nil })
		}
	}
	if w.quota > 0 {
		dir, err := newQuota(w.quota)
		if err != nil {
			return s, err
		}
		in.Cgroups = append(in.Cgroups, dir)
		s.undo = append(s.undo, func() error { return removeEmpty(dir) })
	}
	return s, nil
}

// remove is in the opposite order.
func (s *surroundings) remove() (err error) {
	for i := len(s.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, s.undo[i]())
	}
	return err
}

// startGuarded starts a command, with a warden if the world needs one; the
// function returned waits for the warden's end.
func startGuarded(cmd *exec.Cmd, w world) (guarded func() (told int, err error), err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a pair of sockets: %w", err)
	}
	theirs := os.NewFile(uintptr(ends[1]), "warden")
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		unix.Close(ends[0])
		return nil, err
	}
	done := make(chan error, 1)
	told := 0
	go func() {
		defer unix.Close(ends[0])
		listener, err := receive(ends[0])
		if err != nil || listener < 0 {
			done <- err
			return
		}
		g := newWarden(w, listener)
		err = g.watch()
		told = g.told
		done <- err
	}()
	return func() (int, error) { err := <-done; return told, err }, nil
}

// receive is the descriptor that the process sends, or -1 if it sends none.
func receive(socket int) (int, error) {
	b, control := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	for {
		_, n, _, _, err := unix.Recvmsg(socket, b, control, unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, fmt.Errorf("receive a listener: %w", err)
		}
		messages, err := unix.ParseSocketControlMessage(control[:n])
		if err != nil || len(messages) == 0 {
			return -1, err
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil {
			return -1, fmt.Errorf("read a listener: %w", err)
		}
		return fds[0], nil
	}
}

// judge tells a report from a failure.
func judge(stdout []byte, stderr string, ended, timedOut error) (r result) {
	r.raw = stdout
	var err error
	if r.run, err = decode(stdout); err == nil {
		if !r.run.began() {
			r.absent = r.run.Why
		}
		return r
	}
	last := func() string {
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		return lines[len(lines)-1]
	}
	var exit *exec.ExitError
	switch {
	case timedOut != nil:
		r.failure = "still running long after its own bound"
	case errors.As(ended, &exit) && exit.ExitCode() == 3 && len(stdout) == 0:
		r.absent = last() // it says that it can't, as it should
	default:
		first, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n")
		r.failure = fmt.Sprintf("%v (%v): %s", err, ended, first)
	}
	return r
}
