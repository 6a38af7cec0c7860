package main

import (
	"strconv"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// finTimeout is the tcp_fin_timeout of these scenarios: short enough to be
// waited for, longer than what the kernel never goes below, three and a half
// times the retransmission timeout (tcp_fin_time in include/net/tcp.h).
const finTimeout = time.Second

// setFinTimeout makes it on a host.
func setFinTimeout(r *scenario.Run, host string) error {
	return r.Host(host).Set("net.ipv4.tcp_fin_timeout", strconv.Itoa(int(finTimeout/time.Second)))
}

// orphan: FIN_WAIT2 that no descriptor refers to, until the kernel ends it.
func orphan(r *scenario.Run) error {
	if err := setFinTimeout(r, "a"); err != nil {
		return err
	}
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	r.Await(5*finTimeout, func() bool { return c.Client.Seen(journal.SockDiag) == journal.Gone })
	c.Server.Look()
	r.Send(c.Server, "anybody there?")
	r.Receive(c.Server)
	return nil
}

// halfOpen: FIN_WAIT2 whose descriptor is still open, for longer than an orphan
// would last, until the peer has said its last word.
func halfOpen(r *scenario.Run) error {
	if err := setFinTimeout(r, "a"); err != nil {
		return err
	}
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_ = c.Client.Shutdown(journal.ShutWrite)
	r.Settle()
	c.Client.Look()
	r.Await(3*finTimeout, scenario.Never)
	c.Client.Look()
	r.Send(c.Server, "at last")
	r.Receive(c.Client)
	_ = c.Server.Close()
	r.Settle()
	return nil
}
