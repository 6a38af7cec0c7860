package main

import (
	"cmp"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// check judges a run of which more is asked than a report: that the exit status
// fits it, that an error is one line that names the errno, and that nothing is left.
func check(c cell, f fault, stdout []byte, stderr string, ended, timedOut error, remains []string) (r result) {
	r.raw, r.stderr, r.said = stdout, stderr, string(stdout)+stderr
	exit := 0
	var failed *exec.ExitError
	if errors.As(ended, &failed) {
		exit = failed.ExitCode()
	}
	var decoding error
	r.run, decoding = c.decode(stdout)
	if decoding != nil && c.cannot(exit, stderr) {
		r.absent = strings.TrimSpace(stderr) // it says that it can't, as it should
	}
	switch {
	case timedOut != nil:
		r.failure = "still running long after its own bound"
	case len(remains) > 0:
		r.failure = "left behind: " + strings.Join(remains, ", ")
	case decoding != nil && r.absent == "":
		r.failure = fmt.Sprintf("%v (%v): %s", decoding, ended, firstLine(stderr))
	default:
		r.failure = cmp.Or(c.misreported(stderr), r.misstated(c, f, exit))
	}
	return r
}

// cannot says whether a run without a report says that it cannot be had. badpeer names
// the program that it cannot run as bad usage.
func (c cell) cannot(exit int, stderr string) bool {
	usage := exit == 2 && c.binary == "badpeer" && strings.Contains(stderr, "want a program's name or path")
	return stderr != "" && (exit == 3 || usage)
}

// misreported is what is wrong with stderr: each line is an error of the binary's.
func (c cell) misreported(stderr string) string {
	for _, trace := range []string{"panic:", "goroutine ", "fatal error:", "runtime:"} {
		if strings.Contains(stderr, trace) {
			return fmt.Sprintf("stderr has %q", trace)
		}
	}
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, c.binary+": ") {
			return fmt.Sprintf("a line of stderr that is no error of %s: %q", c.binary, strings.TrimSpace(line))
		}
	}
	return ""
}

// misstated is what is wrong with the exit status: it is the outcome's, or 3 with the
// reason.
func (r result) misstated(c cell, f fault, exit int) string {
	if r.absent != "" {
		return ""
	}
	want, known := status(c.binary, r.run)
	switch {
	case known && exit != want && (exit != 3 || r.stderr == ""):
		return fmt.Sprintf("outcome %s, exit %d", r.run.Outcome, exit)
	case exit == 3 && r.run.Outcome != undecided && f.errno != "" && !r.names(f):
		return "exit 3 without the errno: " + firstLine(r.stderr)
	}
	return ""
}

// status is the one that belongs to an outcome; not ok: any that the document lists.
func status(binary string, r run) (exit int, ok bool) {
	switch r.Outcome {
	case "reproduced", "coped":
		return 0, true
	case "not_reproduced", "failed":
		return 1, true
	case undecided:
		return 3, true
	}
	return 0, binary == "sockscan" && len(r.Findings) > 0 && !strings.HasPrefix(r.Findings[0].Claim, "port ")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// names says whether a run says anywhere which error a fault was.
func (r result) names(f fault) bool {
	return strings.Contains(r.said, f.errno) || strings.Contains(r.said, errnos[f.errno].Error())
}

// otherwise is what a run said that came out otherwise than another; or nothing.
func (r result) otherwise(than run) string {
	switch {
	case r.idle:
		return ""
	case r.absent != "":
		return r.absent
	case r.run.Outcome != than.Outcome:
		return r.run.Outcome + ": " + r.run.Why + "; " + firstLine(r.stderr)
	}
	return firstLine(r.stderr)
}

// heldUp is what a report says where the machine kept its program from running: a reason of
// its own, whatever the fault did.
const heldUp = "the program did not run for"

// unnamed is what is wrong with a run that came out otherwise than without the fault, and
// does not say which error it was; or nothing.
func (r result) unnamed(w world, c cell, base run, k knowledge) string {
	if w.fault.errno == "" || r.failure != "" || r.idle || r.names(w.fault) || isSwallowed(c, w.fault) {
		return ""
	}
	if r.absent != "" {
		return "does not name the errno: " + r.absent
	}
	for _, ch := range compare(w, c, base, r.run, k) {
		if ch.comparison == lost && !strings.Contains(ch.because, heldUp) {
			return fmt.Sprintf("does not name the errno: %s was %s, is %s: %s", ch.what, ch.was, ch.is, ch.because)
		}
	}
	return ""
}
