package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// TestSecondSignal: it comes after oneSignal, or is another; and what the process outside
// the user namespace forwards is never the second.
func TestSecondSignal(t *testing.T) {
	const term, interrupt = syscall.SIGTERM, syscall.SIGINT
	for name, tt := range map[string]struct {
		second    syscall.Signal
		after     time.Duration
		forwarded bool
		ends      bool
	}{
		"timeout(1) sends it twice": {second: term},
		"again":                     {second: term, after: oneSignal, ends: true},
		"another":                   {second: interrupt, ends: true},
		"forwarded":                 {second: term, after: oneSignal, forwarded: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				e := &ending{ctx: ctx, cancel: cancel, again: make(chan syscall.Signal, 1)}
				signals, forwarded := make(chan os.Signal), make(chan os.Signal)
				go e.watch(signals, forwarded)
				signals <- term
				synctest.Wait()
				if e.signal() != term {
					t.Errorf("the first signal was %v", e.signal())
				}
				time.Sleep(tt.after)
				if tt.forwarded {
					forwarded <- tt.second
				} else {
					signals <- tt.second
				}
				synctest.Wait()
				if got := len(e.again) == 1; got != tt.ends {
					t.Errorf("ends at once: %v, want %v", got, tt.ends)
				}
				if !tt.ends {
					time.Sleep(oneSignal)
					signals <- term
					synctest.Wait()
				}
				if e.signal() != term {
					t.Errorf("the program was ended by %v", e.signal())
				}
			})
		})
	}
}

// TestForwardedSignal ends the context as one's own does.
func TestForwardedSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		e := &ending{ctx: ctx, cancel: cancel, again: make(chan syscall.Signal, 1)}
		signals, forwarded := make(chan os.Signal), make(chan os.Signal)
		go e.watch(signals, forwarded)
		forwarded <- syscall.SIGINT
		synctest.Wait()
		if e.signal() != syscall.SIGINT || context.Cause(ctx).Error() != "interrupted by SIGINT" {
			t.Errorf("%v, %v", e.signal(), context.Cause(ctx))
		}
		signals <- syscall.SIGINT // of the same ^C: it is the first of its own
		synctest.Wait()
		if len(e.again) != 0 {
			t.Error("one ^C was taken for two")
		}
		time.Sleep(oneSignal)
		signals <- syscall.SIGINT
	})
}

// unread is a pipe that is full, and its reader, who does not read.
func unread(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	raw, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	filling := raw.Write(func(fd uintptr) bool { // it does not block
		for err == nil {
			_, err = syscall.Write(int(fd), make([]byte, 1<<16))
		}
		return true
	})
	if !errors.Is(err, syscall.EAGAIN) || filling != nil {
		t.Fatalf("fill a pipe: %v, %v", err, filling)
	}
	return r, w
}

// interruptible is a context that interrupt ends as SIGTERM does.
func interruptible(t *testing.T) (ctx context.Context, e *ending, interrupt func()) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	e = &ending{ctx: ctx, cancel: cancel, again: make(chan syscall.Signal, 1)}
	return ctx, e, func() { cancel(signalled(syscall.SIGTERM)) }
}

// TestQueuedOutput does not wait for its reader, and keeps the order.
func TestQueuedOutput(t *testing.T) {
	r, w := unread(t)
	ctx, e, _ := interruptible(t)
	o := newOutput(ctx, w, readersTime, e.cancel)
	var want bytes.Buffer
	for i := range 10_000 {
		line := strings.Repeat(string(rune('a'+i%26)), i%100) + "\n"
		want.WriteString(line)
		if n, err := io.WriteString(queued{o}, line); n != len(line) || err != nil {
			t.Fatalf("line %d: %d, %v", i, n, err)
		}
	}
	go func() {
		_ = ignoreWrite(o.flush())
		w.Close()
	}()
	all, err := io.ReadAll(r)
	if err != nil || !bytes.HasSuffix(all, want.Bytes()) {
		t.Errorf("%d bytes, %v: other than what was queued", len(all), err)
	}
	if err := o.flush(); err != nil {
		t.Error(err)
	}
}

// TestSlowReader: a run whose records are not read ends in its time; they are read then.
func TestSlowReader(t *testing.T) {
	r, w := unread(t)
	p, played := fakeProgram(), make(chan struct{})
	const events = 5000 // fewer than end a run
	p.Scenarios[0].Steps = func(t *scenario.T) {
		for range events {
			t.Note("one of many")
		}
		close(played)
	}
	over := make(chan int, 1)
	stderr := scratch(t)
	go func() {
		over <- Main(p, []string{"fake", "--net", "host", "--format", "jsonl"}, w, stderr)
		w.Close()
	}()
	select {
	case <-played:
	case <-time.After(testBound):
		t.Fatal("the run waits for the reader")
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if code, errs := <-over, content(t, stderr); code != 0 || errs != "" {
		t.Errorf("exit %d, stderr %q", code, errs)
	}
	journals, err := journal.Read(bytes.NewReader(bytes.TrimLeft(all, "\x00")))
	if err != nil || len(journals) != 1 || len(journals[0].Events) < events {
		t.Fatalf("%d journals, %v", len(journals), err)
	}
}

// TestNobodyReadsAny: a report that is not read does not keep an interrupted program,
// whether the signal comes before or while it is written; what was lost is said.
func TestNobodyReadsAny(t *testing.T) {
	for _, args := range everyOutput {
		for _, when := range []string{"before", "while"} {
			t.Run(args+"/"+when, func(t *testing.T) {
				t.Parallel()
				_, w := unread(t)
				ctx, e, interrupt := interruptible(t)
				if when == "before" {
					interrupt()
				} else {
					time.AfterFunc(20*time.Millisecond, interrupt)
				}
				stderr := scratch(t)
				code := fakeProgram().main(ctx, e, append([]string{"fake"}, strings.Fields(args)...), w, stderr)
				errs := content(t, stderr)
				if code != 143 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, errUnread.Error()) {
					t.Errorf("exit %d, stderr %q", code, errs)
				}
			})
		}
	}
}

// TestNothingIsRead, not even stderr: an interrupted program ends all the same.
func TestNothingIsRead(t *testing.T) {
	_, w := unread(t)
	ctx, e, interrupt := interruptible(t)
	interrupt()
	if code := fakeProgram().main(ctx, e, []string{"fake", "yes", "--net", "host"}, w, w); code != 143 {
		t.Errorf("exit %d", code)
	}
}

// TestInterruptedBetweenRuns: the report says that it was interrupted, whenever the
// signal came: one run more begins, and is inconclusive.
func TestInterruptedBetweenRuns(t *testing.T) {
	for _, args := range []string{"yes --repeat 9", "yes yes yes", "all"} {
		ctx, e, interrupt := interruptible(t)
		p, runs := fakeProgram(), 0
		p.Scenarios[0].Phenomenon.Rule = claim.Once(func(c *claim.Case) {
			if runs++; runs == 1 {
				interrupt() // its journal is complete
			}
			decide(c, claim.Confirmed, "it did")
		})
		stdout, stderr := scratch(t), scratch(t)
		code := p.main(ctx, e, append([]string{"fake", "--net", "host", "--format", "json"}, strings.Fields(args)...), stdout, stderr)
		out := content(t, stdout)
		var doc struct{ Tally map[string]int }
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatalf("%s: %v\n%s", args, err, out)
		}
		if code != 143 || doc.Tally["reproduced"] != 1 || doc.Tally["inconclusive"] != 1 || !strings.Contains(out, "interrupted by SIGTERM") {
			t.Errorf("%s: exit %d, %v", args, code, doc.Tally)
		}
	}
}
