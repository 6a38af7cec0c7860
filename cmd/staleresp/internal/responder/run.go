package responder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// speaker serves clients of one protocol on a listener until it is closed, and
// returns when all its connections have ended.
type speaker interface {
	serve(ctx context.Context, l net.Listener) error
}

// Run serves until the context ends, or as long as the configuration says, and
// returns what it counted.
func Run(ctx context.Context, c *Config) (Counts, error) {
	j := &journal{config: c}
	err := j.run(ctx)
	return j.counts, err
}

func (j *journal) run(ctx context.Context) error {
	// Go would listen with MPTCP, where the kernel has it; clients shall meet TCP.
	lc := net.ListenConfig{}
	lc.SetMultipathTCP(false)
	l, err := lc.Listen(ctx, "tcp", j.config.Listen.String())
	if err != nil {
		return err // it has the operation and the address
	}
	ctx, j.enough = context.WithCancel(ctx)
	defer j.enough()
	if j.config.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, j.config.For)
		defer cancel()
	}
	j.began = time.Now()
	j.config.Listening(l.Addr().String())
	if err := j.speaker().serve(ctx, l); err != nil {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return nil
}

func (j *journal) speaker() speaker {
	switch j.config.Protocol {
	case HTTP:
		return &httpSpeaker{journal: j}
	case RESP:
		return &streams{journal: j, converse: converseRESP}
	}
	return &streams{journal: j, converse: converseLine}
}

// streams serves protocols in which requests follow each other on a connection,
// and replies come in the order of their requests.
type streams struct {
	*journal
	// converse speaks with one client until it has ended, or broken the protocol.
	converse func(s *stream)
}

func (s *streams) serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if wait, is := temporary(err); is {
				time.Sleep(wait)
				continue
			}
			return err
		}
		all.Go(func() { s.speak(ctx, conn) })
	}
}

// temporary says whether an accept may succeed again after a while: descriptors
// are used up, for instance.
func temporary(err error) (wait time.Duration, is bool) {
	const pause = 10 * time.Millisecond
	var t interface{ Temporary() bool }
	return pause, errors.As(err, &t) && t.Temporary()
}

// speak speaks with one client.
func (s *streams) speak(server context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(server)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	st := &stream{ctx: ctx, conn: conn, connection: s.connect(conn.RemoteAddr().String()), replies: make(chan pending, under)}
	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel() // a client that takes no replies is not read from either
		st.write()
	})
	s.converse(st)
	st.ended(server.Err() != nil)
	close(st.replies)
	writer.Wait()
}

// under is how many requests a client may have under way on one connection; more
// are not read yet.
const under = 64

// stream is a connection whose replies come in order.
type stream struct {
	*connection
	ctx     context.Context
	conn    net.Conn
	replies chan pending
}

// pending is a reply whose turn has not come yet.
type pending struct {
	answer *answer // nil: not counted, and not late
	write  func() error
}

// reply lets a reply be written when its turn has come; false: there will be none.
func (s *stream) reply(p pending) bool {
	select {
	case s.replies <- p:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// write writes the replies in their order, each when it is due.
func (s *stream) write() {
	for p := range s.replies {
		if s.one(p) != nil {
			return
		}
	}
}

func (s *stream) one(p pending) error {
	if p.answer != nil {
		defer p.answer.done()
		if err := p.answer.wait(s.ctx); err != nil {
			return err
		}
		p.answer.sent()
	}
	return p.write()
}
