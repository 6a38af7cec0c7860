package responder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

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
	if err := j.streams().serve(ctx, l); err != nil {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return nil
}

// streams serves a protocol in which requests follow each other on a connection,
// and replies come in the order of their requests.
type streams struct {
	*journal
	buffer int // how much is read ahead, in bytes
	// converse speaks with one client, until nothing more comes or is to be sent.
	converse func(s *stream)
}

func (j *journal) streams() *streams {
	const usual = 1 << 12
	switch j.config.Protocol {
	case HTTP:
		return &streams{j, usual, converseHTTP}
	case RESP:
		return &streams{j, usual, converseRESP}
	}
	return &streams{j, longestLine, converseLine}
}

// serve serves clients on a listener until the context ends, and returns when all
// connections have ended.
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
		all.Go(func() { s.speak(ctx, conn.(*net.TCPConn)) })
	}
}

// temporary says whether an accept may succeed again after a while: descriptors
// are used up, for instance.
func temporary(err error) (wait time.Duration, is bool) {
	const pause = 10 * time.Millisecond
	var t interface{ Temporary() bool }
	return pause, errors.As(err, &t) && t.Temporary()
}
