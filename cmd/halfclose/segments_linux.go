package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// talk lets each end say a line, so that both have received data: from then on
// the kernel delays its acknowledgements.
func talk(r *scenario.Run, c scenario.Conn) {
	r.Send(c.Client, "request")
	r.Receive(c.Server)
	r.Send(c.Server, "answer")
	r.Receive(c.Client)
}

// fourWay: the passive end closes after its kernel has acknowledged the FIN.
func fourWay(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	talk(r, c)
	if err := c.Client.Close(); err != nil {
		return err
	}
	r.Settle()
	awaitACK(r, c)
	r.Receive(c.Server)
	if err := c.Server.Close(); err != nil {
		return err
	}
	r.Settle()
	return nil
}

// delayedACK bounds the wait for an acknowledgement that is delayed: by 40 ms,
// at most 200 (TCP_DELACK_MIN and TCP_DELACK_MAX in include/net/tcp.h).
const delayedACK = time.Second

// awaitACK waits until the passive end's kernel has acknowledged the FIN.
func awaitACK(r *scenario.Run, c scenario.Conn) {
	r.Await(delayedACK, func() bool { return c.Client.Seen(journal.SockDiag) != journal.FinWait1 })
	r.Settle()
}

// threeWay: the passive end closes at once, while the acknowledgement of the
// FIN is still delayed; then after it has been sent; then at once again, when
// it was forced.
func threeWay(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	between := []func(c scenario.Conn) error{
		func(scenario.Conn) error { return nil },
		func(c scenario.Conn) error { awaitACK(r, c); return nil },
		func(c scenario.Conn) error { return c.Server.SetOption(journal.TCPQuickAck, 1) },
	}
	for _, then := range between {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		talk(r, c)
		if err := c.Client.Close(); err != nil {
			return err
		}
		r.Deliver()
		r.Receive(c.Server)
		if err := then(c); err != nil {
			return err
		}
		if err := c.Server.Close(); err != nil {
			return err
		}
		r.Settle()
	}
	return nil
}

// mergedData: the passive end has data left, which it gives to the kernel
// together with the FIN; beside it, the same data written on its own.
func mergedData(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, flags := range [][]journal.SendFlag{{journal.MSGMore}, nil} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		talk(r, c)
		if err := c.Client.Shutdown(journal.ShutWrite); err != nil {
			return err
		}
		r.Deliver()
		_, _ = c.Server.Sendmsg([]byte("the rest"), flags...)
		if err := c.Server.Close(); err != nil {
			return err
		}
		r.Settle()
		r.Receive(c.Client)
		r.Receive(c.Client)
	}
	return nil
}
