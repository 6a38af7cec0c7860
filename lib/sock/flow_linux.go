package sock

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// flowBuffer is how much a flow writes or reads at most in one call, in bytes.
const flowBuffer = 256 << 10

// errNothingMoved is that a call which was to move bytes moved none, and named no error:
// there would be no end to asking again.
var errNothingMoved = errors.New("it moved nothing, and named no error")

// Flow moves bytes from one socket of a connection to the other, too many for
// each call to be journalled: the calls are counted instead, and the journal
// says so. Both sockets must be non-blocking.
type Flow struct {
	From, To *Socket
	Left     int64 // bytes still to be written

	buf           []byte
	writes, reads int
	sent, got     int64
}

// NewFlow prepares to move n bytes.
func NewFlow(from, to *Socket, n int64) *Flow {
	return &Flow{From: from, To: to, Left: n, buf: make([]byte, flowBuffer)}
}

// Step writes until the socket takes no more and reads until there is nothing
// to be read; more says whether anything is still under way. Between two steps
// the packets have to be carried.
func (f *Flow) Step() (more bool, err error) {
	if err := f.write(); err != nil {
		return false, err
	}
	if err := f.read(); err != nil {
		return false, err
	}
	return f.Left > 0 || f.got < f.sent, nil
}

func (f *Flow) write() error {
	for f.Left > 0 {
		n, err := unix.Write(f.From.descriptor(), f.buf[:min(int64(len(f.buf)), f.Left)])
		f.writes++
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if err != nil {
			return &CallError{Op: "write", Args: []string{f.From.id}, Err: err}
		}
		if n <= 0 {
			return &CallError{Op: "write", Args: []string{f.From.id}, Err: errNothingMoved}
		}
		f.sent += int64(n)
		f.Left -= int64(n)
	}
	return nil
}

func (f *Flow) read() error {
	for f.got < f.sent {
		n, err := unix.Read(f.To.descriptor(), f.buf)
		f.reads++
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if err != nil {
			return &CallError{Op: "read", Args: []string{f.To.id}, Err: err}
		}
		if n == 0 {
			return fmt.Errorf("read(%s): the end after %d of %d bytes", f.To.id, f.got, f.sent)
		}
		if f.got += int64(n); f.got > f.sent {
			return fmt.Errorf("read(%s): %d bytes, and %d had been written", f.To.id, f.got, f.sent)
		}
	}
	return nil
}

// Record journals how many calls moved how many bytes.
func (f *Flow) Record() {
	record := func(s *Socket, what string, calls int, bytes int64) {
		s.t.rec.Add(journal.Event{
			Host: s.host.Name, Socket: s.id, Kind: journal.KindFold,
			Fold: &journal.Fold{Times: calls, Events: calls, Counts: []journal.FoldedCount{
				{What: fmt.Sprintf("%s, %d bytes in all", what, bytes), Count: calls},
			}},
		})
	}
	record(f.From, "write", f.writes, f.sent)
	record(f.To, "read", f.reads, f.got)
}
