package responder

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// under is how many requests a client may have under way on one connection; more
// are not read yet.
const under = 64

// grace is how long a client may take for what is left to do: to end a connection
// that the server has ended, and to take its reply when the server ends.
const grace = 500 * time.Millisecond

// stream is a connection whose replies come in order.
type stream struct {
	*connection
	server  context.Context
	ctx     context.Context // the connection's
	cancel  context.CancelFunc
	conn    *net.TCPConn
	came    *arrivals
	from    *bufio.Reader // what came
	replies chan pending
}

// speak speaks with one client.
func (s *streams) speak(server context.Context, conn *net.TCPConn) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(server))
	defer cancel()
	c := s.connect(conn.RemoteAddr().String())
	came := &arrivals{connection: c, conn: conn, room: -1}
	st := &stream{
		connection: c, server: server, ctx: ctx, cancel: cancel, conn: conn,
		came: came, from: bufio.NewReaderSize(came, s.buffer), replies: make(chan pending, under),
	}
	defer func() { _ = conn.Close() }() // whatever is to be said has been
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer context.AfterFunc(server, st.stop)()
	var writer sync.WaitGroup
	writer.Go(st.write)
	s.converse(st)
	if st.broken() {
		st.lose()
		cancel()
	}
	close(st.replies)
	writer.Wait()
	st.ended()
}

// stop ends the connection, for the server ends; but a client that sends no more
// may have its replies.
func (s *stream) stop() {
	if !s.finished() {
		s.cancel()
		return
	}
	_ = s.conn.SetDeadline(time.Now().Add(grace))
	time.AfterFunc(grace, s.cancel)
}

// broken says whether nothing more can be sent, by the client's doing.
func (s *stream) broken() bool {
	return !s.finished() && s.ctx.Err() == nil && !errors.Is(s.came.err, os.ErrDeadlineExceeded)
}

// more says whether something has come of what follows.
func (s *stream) more() bool { return s.from.Buffered() > 0 }

// pending is a reply whose turn has not come yet.
type pending struct {
	answer *answer // nil: not counted, and not late
	write  func() error
	last   bool // the server ends the connection after it
}

// reply lets a reply be written when its turn has come; false: there will be none,
// or no more after it.
func (s *stream) reply(p pending) bool {
	select {
	case s.replies <- p:
	case <-s.ctx.Done():
		p.done()
		return false
	}
	if p.last {
		s.came.drain()
	}
	return !p.last
}

func (p *pending) done() {
	if p.answer != nil {
		p.answer.done()
	}
}

// write writes the replies in their order, each when it is due.
func (s *stream) write() {
	for p := range s.replies {
		if s.ctx.Err() == nil && s.one(p) != nil {
			s.cancel() // a client that takes no replies is not read from either
		}
		p.done()
	}
}

func (s *stream) one(p pending) error {
	if p.answer != nil {
		if err := p.answer.wait(s.server, s.ctx); err != nil {
			return err
		}
		p.answer.sent()
	}
	if err := p.write(); err != nil {
		s.unwritten(p.answer, err)
		return err
	}
	if p.last {
		_ = s.conn.CloseWrite()
		_ = s.conn.SetReadDeadline(time.Now().Add(grace))
	}
	if p.answer != nil && p.answer.doubtful() {
		p.answer.judged(fateOf(s.ctx, s.conn))
	}
	return nil
}

// unwritten notes that a reply could not be written. That is the client's doing,
// unless the server has ended.
func (s *stream) unwritten(a *answer, err error) {
	if a != nil {
		a.unsent()
	}
	if !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded) {
		s.lose()
	}
}
