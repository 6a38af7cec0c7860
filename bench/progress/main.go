// Progress shows what `go test -json` says, as it comes: a line for each package that is done, all
// that a failed test said, and, while neither comes, which packages are at work. With -v it shows
// everything, of one package after the other, as `go test -v` would. It exits with 1 if anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// silence is after which time a line is due.
const silence = 15 * time.Second

func main() {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(os.Stdin)
		in.Buffer(nil, 1<<24)
		for in.Scan() {
			lines <- append([]byte(nil), in.Bytes()...)
		}
		if err := in.Err(); err != nil {
			fmt.Fprintln(os.Stderr, "progress:", err)
		}
	}()
	s := newShow(os.Stdout, slices.Contains(os.Args[1:], "-v"))
	tick := time.NewTicker(silence)
	for {
		select {
		case line, more := <-lines:
			if !more {
				os.Exit(s.exit())
			}
			if s.line(line) {
				tick.Reset(silence)
			}
		case <-tick.C:
			s.alive()
		}
	}
}

// event is one of `go doc test2json`, or of a build (`go help buildjson`).
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// of is whose output something is: a test's, or, without a name, its package's.
type of struct{ pkg, test string }

// show is what was shown, and what may have to be.
type show struct {
	out     io.Writer
	verbose bool
	said    map[of][]string
	running map[string]bool
	done    int // packages
	passed  int // tests
	failed  bool
}

func newShow(out io.Writer, verbose bool) *show {
	return &show{out: out, verbose: verbose, said: map[of][]string{}, running: map[string]bool{}}
}

// line takes a line in, and says whether that showed anything.
func (s *show) line(b []byte) bool {
	var e event
	if json.Unmarshal(b, &e) != nil || e.Action == "" {
		fmt.Fprintf(s.out, "%s\n", b) // what is no event is somebody's error
		return true
	}
	key := of{e.Package, e.Test}
	switch e.Action {
	case "start":
		s.running[e.Package] = true
	case "output", "build-output":
		return s.output(key, &e)
	case "build-fail":
		s.failed = true
	case "pass", "skip", "fail":
		return s.ended(key, &e)
	}
	return false
}

// output keeps what a test says until it is known how it ends.
func (s *show) output(key of, e *event) bool {
	isResult := e.Test == "" && (strings.HasPrefix(e.Output, "ok ") || strings.HasPrefix(e.Output, "FAIL\t") || strings.HasPrefix(e.Output, "?"))
	if e.Action == "build-output" || isResult && !s.verbose {
		fmt.Fprint(s.out, e.Output)
		return true
	}
	if s.verbose {
		key.test = ""
	}
	s.said[key] = append(s.said[key], e.Output)
	return false
}

// ended notes the end of a test, or of a package, and shows what one that failed has said.
func (s *show) ended(key of, e *event) bool {
	isPackage := key.test == ""
	said := s.said[key]
	delete(s.said, key)
	if isPackage {
		delete(s.running, key.pkg)
		s.done++
	} else if e.Action == "pass" {
		s.passed++
	}
	s.failed = s.failed || e.Action == "fail"
	if e.Action != "fail" && (!s.verbose || !isPackage) {
		return false
	}
	for _, text := range said {
		fmt.Fprint(s.out, text)
	}
	return len(said) > 0
}

// alive shows what is at work.
func (s *show) alive() {
	fmt.Fprintf(s.out, "… %d packages done, %d tests passed; at work: %s\n", s.done, s.passed, strings.Join(slices.Sorted(maps.Keys(s.running)), " "))
}

// exit is the exit status: of nothing tested, too, it is 1.
func (s *show) exit() int {
	if s.failed || s.done == 0 {
		return 1
	}
	return 0
}
