package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

// ErrPrivilege is that the kernel may not be watched from inside.
var ErrPrivilege = errors.New("needs CAP_BPF and CAP_PERFMON in the initial user namespace")

// isRefusal says whether an error is for want of privilege.
func isRefusal(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) && !strings.Contains(err.Error(), "verifier")
}

// tracer is what programs in the kernel, and what they tell, have in common.
type tracer struct {
	// A link that the garbage collector takes is detached, and nobody is told.
	open   []io.Closer
	ring   *ebpf.Map
	lost   *ebpf.Map
	reader *ringbuf.Reader
	record ringbuf.Record
	boot   time.Time // when the kernel's clock, CLOCK_MONOTONIC, was 0
}

// begin reads what every watch needs.
func begin() (*tracer, *layout, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return nil, nil, fmt.Errorf("clock_gettime(CLOCK_MONOTONIC): %w", err)
	}
	boot := time.Now().Add(-time.Duration(now.Nano()))
	l, err := readLayout()
	return &tracer{boot: boot}, l, err
}

func (t *tracer) newMap(s *ebpf.MapSpec) (*ebpf.Map, error) {
	m, err := ebpf.NewMap(s)
	if err != nil {
		return nil, fmt.Errorf("make a map of type %s: %w", s.Type, err)
	}
	t.open = append(t.open, m)
	return m, nil
}

// openRing makes the ring buffer, and what counts the records that it has no room for.
func (t *tracer) openRing() (err error) {
	if t.ring, err = t.newMap(&ebpf.MapSpec{Name: "told", Type: ebpf.RingBuf, MaxEntries: ringSize}); err != nil {
		return err
	}
	if t.lost, err = t.newMap(&ebpf.MapSpec{Name: "lost", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1}); err != nil {
		return err
	}
	if t.reader, err = ringbuf.NewReader(t.ring); err != nil {
		return fmt.Errorf("read the ring buffer: %w", err)
	}
	t.open = append(t.open, t.reader)
	return nil
}

// run attaches a program to a tracepoint.
func (t *tracer) run(tracepoint string, p *program) error {
	loaded, err := p.load(tracepoint)
	if err != nil {
		return err
	}
	t.open = append(t.open, loaded)
	attached, err := link.AttachTracing(link.TracingOptions{Program: loaded})
	if err != nil {
		return fmt.Errorf("attach to the tracepoint %s: %w", tracepoint, err)
	}
	t.open = append(t.open, attached)
	return nil
}

// next waits for a record of that size.
func (t *tracer) next(deadline time.Time, size int) ([]byte, error) {
	t.reader.SetDeadline(deadline)
	switch err := t.reader.ReadInto(&t.record); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, os.ErrDeadlineExceeded
	case err != nil:
		return nil, fmt.Errorf("read the ring buffer: %w", err)
	case len(t.record.RawSample) < size:
		return nil, fmt.Errorf("read the ring buffer: a record of %d bytes, not %d", len(t.record.RawSample), size)
	}
	return t.record.RawSample, nil
}

// Lost is how many records found no room in the ring buffer.
func (t *tracer) Lost() (n uint64, err error) {
	if err := t.lost.Lookup(uint32(0), &n); err != nil {
		return 0, fmt.Errorf("read how much was lost: %w", err)
	}
	return n, nil
}

// Close ends the watch.
func (t *tracer) Close() {
	for i := len(t.open) - 1; i >= 0; i-- {
		_ = t.open[i].Close() // nothing is lost with it
	}
	t.open = nil
}

// time is that of a record.
func (t *tracer) time(raw []byte) time.Time {
	return t.boot.Add(time.Duration(binary.NativeEndian.Uint64(raw)))
}
