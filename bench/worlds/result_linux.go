package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// A result is what came of one cell in one world.
type result struct {
	run     run
	raw     []byte // the report, as it was written
	stderr  string
	idle    bool   // the world had nothing to interfere with
	failure string // no report, where one was due
	said    string // all that it wrote
	absent  string // the world took away what the binary needs to begin
}

// judge tells a report from a failure.
func judge(stdout []byte, stderr string, ended, timedOut error) (r result) {
	r.raw, r.stderr = stdout, stderr
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
