package cli

import (
	"fmt"
	"io"
	"time"

	"sockproof/lib/report"
)

// progressAfter is how long something must take before its progress is shown.
const progressAfter = time.Second

// progressEvery is how often the line is rewritten.
const progressEvery = 200 * time.Millisecond

// progress shows on stderr, if that is a terminal, how far a long run is.
type progress struct {
	w       io.Writer // does not wait for a terminal that was stopped (^S); nil: stderr is none
	started time.Time
	last    time.Time
	shown   bool
}

func newProgress(stderr *output) *progress {
	p := &progress{started: time.Now()}
	if stderr.terminal() {
		p.w = queued{stderr}
	}
	return p
}

func (p *progress) show(text string) {
	now := time.Now()
	if p.w == nil || now.Sub(p.started) < progressAfter || now.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprintf(p.w, "\r\x1b[K%s", report.Printable(text))
}

// say shows a line that stays.
func (p *progress) say(format string, args ...any) {
	if p.w == nil {
		return
	}
	p.clear()
	fmt.Fprintln(p.w, report.Printable(fmt.Sprintf(format, args...)))
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
