package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// grace is what a binary gets beyond its own bound, until it counts as stuck.
const grace = 20 * time.Second

// A launcher starts binaries in worlds.
type launcher struct {
	self string // this program
	dir  string // of the binaries
	hold bool   // each run in a cgroup of its own
	sick *patient
}

// launch runs one cell in one world. The calling thread must not end before:
// what it starts dies with it.
func (l launcher) launch(ctx context.Context, w world, c cell) (r result, err error) {
	in := inside{Host: c.net == "host" || w.checked, Limits: w.limits, Nice: w.nice, Watch: w.watched(c.net)}
	if w.every != nil {
		in.Watch, in.Except = sparedCalls(), true
	}
	s, err := l.surround(w, c, &in)
	defer func() {
		err = errors.Join(err, s.remove())
		r.idle = r.idle || s.idle
	}()
	if err != nil {
		return r, err
	}
	order, err := json.Marshal(in)
	if err != nil {
		return r, err
	}
	args, bound := c.args(), c.bound()
	if w.checked {
		args, bound = c.checkedArgs(l.self), c.checkedBound()
	}
	ctx, cancel := context.WithTimeout(ctx, bound+grace)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.self, append([]string{insideCommand, string(order), filepath.Join(l.dir, c.binary)}, args...)...)
	if s.home != nil {
		cmd.Dir, cmd.Env = s.home.dir, s.home.environment()
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = time.Second
	guarded, err := s.start(cmd)
	if err != nil {
		return r, err
	}
	ended := runOut(ctx, cmd, w.stops, w.name+c.String())
	timedOut := ctx.Err()
	var remains []string
	if w.checked {
		remains = s.remains(ctx, l, c, in)
	}
	killRest(cmd, in.Cgroups)
	if err := guarded(); err != nil {
		return r, err
	}
	if w.checked {
		return check(c, w.fault, stdout.Bytes(), stderr.String(), ended, timedOut, remains), nil
	}
	return judge(stdout.Bytes(), stderr.String(), ended, timedOut), nil
}

// killRest ends what a binary has left: its process group, and its cgroup.
func killRest(cmd *exec.Cmd, cgroups []string) {
	_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	if len(cgroups) > 0 {
		_ = os.WriteFile(filepath.Join(cgroups[0], "cgroup.kill"), []byte("1"), 0)
	}
}

// runOut waits for a command's end, and stops it now and then until there.
func runOut(ctx context.Context, cmd *exec.Cmd, s stops, seed string) error {
	stopping, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.apply(stopping, cmd.Process.Pid, seed)
	}()
	err := cmd.Wait()
	stop()
	<-stopped
	return err
}
