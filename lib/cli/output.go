package cli

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// After a signal the program still waits so long, in all, for the reader of stdout to
// take the report, and for that of stderr to take the last lines.
const (
	readersTime  = 500 * time.Millisecond
	lastLineTime = 100 * time.Millisecond
)

// errUnread is that the program was interrupted, and the reader took nothing.
var errUnread = errors.New("the program was interrupted, and its output was not read within " + readersTime.String())

// output is stdout or stderr. A goroutine of its own writes, in order, what has been
// queued: write(2) to a pipe or a terminal that takes nothing returns only when the
// reader ends.
//
// The first error is kept, and ends the run: nobody would read the rest.
type output struct {
	file   *os.File
	ctx    context.Context         // ends with a signal
	failed context.CancelCauseFunc // gets the first error; nil: it is only kept

	mu    sync.Mutex
	queue []byte
	done  chan struct{} // closed when the queue has been written; nil: it has
	left  time.Duration // how long to wait after the signal
	err   error
}

func newOutput(ctx context.Context, file *os.File, left time.Duration, failed context.CancelCauseFunc) *output {
	return &output{file: file, ctx: ctx, left: left, failed: failed}
}

// Write queues b and waits until it is written; after a signal, for a limited time.
func (o *output) Write(b []byte) (int, error) {
	if err := o.enqueue(b); err != nil {
		return 0, err
	}
	if err := o.flush(); err != nil {
		return 0, err
	}
	return len(b), nil
}

// enqueue adds b to what is to be written.
func (o *output) enqueue(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.queue = append(o.queue, b...)
	}
	if o.err == nil && o.done == nil {
		o.done = make(chan struct{})
		go o.write()
	}
	return o.err
}

// write writes until the queue is empty.
func (o *output) write() {
	for {
		o.mu.Lock()
		b := o.queue
		o.queue = nil
		if len(b) == 0 || o.err != nil {
			close(o.done)
			o.done = nil
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
		if _, err := o.file.Write(b); err != nil {
			o.fail(err)
		}
	}
}

// state is what there is to wait for (nil: nothing), for how long after a signal, and the first error.
func (o *output) state() (done <-chan struct{}, queued int, left time.Duration, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done, len(o.queue), o.left, o.err
}

// flush waits until everything is written, and returns the first error. After a signal
// it waits for a limited time; what is not written then is lost.
func (o *output) flush() error {
	done, _, left, err := o.state()
	if done == nil || err != nil {
		return err
	}
	select {
	case <-done:
	case <-o.ctx.Done():
		began := time.Now()
		select {
		case <-done:
			o.mu.Lock()
			o.left -= time.Since(began)
			o.mu.Unlock()
		case <-time.After(left):
			o.fail(errUnread)
		}
	}
	_, _, _, err = o.state()
	return err
}

// Between two runs a reader that is slow gets a moment, so that an output that has failed
// is noticed before the next; and all the time it takes if more than this is queued.
const (
	moment     = 10 * time.Millisecond
	mostQueued = 16 << 20
)

// catchUp lets the reader catch up where no run is stretched by that.
func (o *output) catchUp() {
	done, _, _, _ := o.state()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-o.ctx.Done():
	case <-time.After(moment):
		if _, queued, _, _ := o.state(); queued > mostQueued {
			_ = o.flush() // its error is kept
		}
	}
}

// fail keeps the first error.
func (o *output) fail(err error) {
	o.mu.Lock()
	first := o.err == nil
	if first {
		o.err = err
	}
	o.mu.Unlock()
	if first && o.failed != nil {
		o.failed(err)
	}
}

// terminal says whether a person may be watching.
func (o *output) terminal() bool { return term.IsTerminal(int(o.file.Fd())) }

// queued writes to an output without waiting for its reader.
type queued struct{ o *output }

func (q queued) Write(b []byte) (int, error) {
	if err := q.o.enqueue(b); err != nil {
		return 0, err
	}
	return len(b), nil
}
