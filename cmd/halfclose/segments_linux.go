package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// talk lets each end say a line, so that both have received data: from then on
// the kernel delays its acknowledgements.
func talk(r *repro.Run, c conn) {
	write(r, c.a, "request")
	read(c.b)
	write(r, c.b, "answer")
	read(c.a)
}

// fourWay: the passive end closes after its kernel has acknowledged the FIN.
func fourWay(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	c, err := s.connect()
	if err != nil {
		return err
	}
	talk(r, c)
	if err := c.a.Close(); err != nil {
		return err
	}
	r.Settle()
	awaitACK(r, c)
	read(c.b)
	if err := c.b.Close(); err != nil {
		return err
	}
	r.Settle()
	return nil
}

// delayedACK bounds the wait for an acknowledgement that is delayed: by 40 ms,
// at most 200 (TCP_DELACK_MIN and TCP_DELACK_MAX in include/net/tcp.h).
const delayedACK = time.Second

// awaitACK waits until the passive end's kernel has acknowledged the FIN.
func awaitACK(r *repro.Run, c conn) {
	r.Await(delayedACK, func() bool { return c.a.Seen(journal.SockDiag) != journal.FinWait1 })
	r.Settle()
}

// threeWay: the passive end closes at once, while the acknowledgement of the
// FIN is still delayed; then after it has been sent; then at once again, when
// it was forced.
func threeWay(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	between := []func(c conn) error{
		func(conn) error { return nil },
		func(c conn) error { awaitACK(r, c); return nil },
		func(c conn) error { return c.b.SetOption(sock.QuickAck, 1) },
	}
	for _, then := range between {
		c, err := s.connect()
		if err != nil {
			return err
		}
		talk(r, c)
		if err := c.a.Close(); err != nil {
			return err
		}
		deliver(r)
		read(c.b)
		if err := then(c); err != nil {
			return err
		}
		if err := c.b.Close(); err != nil {
			return err
		}
		r.Settle()
	}
	return nil
}

// mergedData: the passive end has data left, which it gives to the kernel
// together with the FIN; beside it, the same data written on its own.
func mergedData(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	for _, flags := range [][]sock.Flag{{sock.More}, nil} {
		c, err := s.connect()
		if err != nil {
			return err
		}
		talk(r, c)
		if err := c.a.Shutdown(sock.ShutWrite); err != nil {
			return err
		}
		deliver(r)
		_, _ = c.b.Sendmsg([]byte("the rest"), flags...)
		if err := c.b.Close(); err != nil {
			return err
		}
		r.Settle()
		read(c.a)
		read(c.a)
	}
	return nil
}
