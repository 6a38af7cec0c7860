package main

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
	"sockproof/lib/wire"
)

// causes: all that draws a RST, each made to happen on a connection of its own,
// with the counters read after each. What needs packets to be held or lost takes
// the wire.
func causes(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	all := []func(*scenario.Run, *scenario.Server) error{closedPort, lingerClose, unreadClose, dataAfterClose, dataAfterShutdown}
	if r.Network() == journal.HostNet {
		r.Note("ss -K: left out, it takes CAP_NET_ADMIN")
	} else {
		all = append(all, destroyed)
	}
	if r.Wire() == nil {
		r.Note("a full accept queue, an old SYN+ACK, keepalive and TCP_USER_TIMEOUT: left out, they take the wire")
	} else {
		all = append(all, queueFull, oldSYNACK, keepaliveLost, userTimeout)
	}
	for _, cause := range all {
		if err := cause(r, s); err != nil {
			return err
		}
		r.Count()
	}
	return nil
}

// closedPort calls a port that nobody listens on.
func closedPort(r *scenario.Run, _ *scenario.Server) error {
	nobody, err := r.Host("b").Listen(scenario.ServerPort + 1)
	if err != nil {
		return err
	}
	if err := nobody.Close(); err != nil {
		return err
	}
	c, err := nobody.Call(r.Host("a"))
	if err != nil {
		return err
	}
	_, err = c.Option(journal.SOError)
	return err
}

func lingerClose(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	if err := c.Client.Reset(); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	return nil
}

func unreadClose(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	r.Send(c.Server, "unread")
	_ = c.Client.Close()
	r.Settle()
	r.Receive(c.Server)
	return nil
}

func dataAfterClose(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	r.Send(c.Server, "late")
	r.Receive(c.Server)
	_, _ = c.Server.Sendmsg([]byte("later"), journal.MSGNoSignal)
	return nil
}

func dataAfterShutdown(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_ = c.Client.Shutdown(journal.ShutBoth)
	r.Settle()
	r.Send(c.Server, "late")
	r.Receive(c.Client)
	_, _ = c.Server.Sendmsg([]byte("later"), journal.MSGNoSignal)
	return nil
}

// destroyed lets the administrator end a connection: ss -K.
func destroyed(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	if err := c.Client.Destroy(); errors.Is(err, syscall.EOPNOTSUPP) {
		r.Note("ss -K: this kernel has no SOCK_DESTROY (CONFIG_INET_DIAG_DESTROY)")
		return nil
	}
	r.Settle()
	r.Receive(c.Client)
	r.Receive(c.Server)
	return nil
}

// shortQueue is a backlog under which the second connection that waits is the
// last one.
const shortQueue = 1

// queueFull fills a listener's queue by two handshakes that cross: the last ACK
// of the second finds it full. A SYN that finds it full is dropped, not answered.
func queueFull(r *scenario.Run, _ *scenario.Server) error {
	if err := r.Host("b").Set("net.ipv4.tcp_abort_on_overflow", "1"); err != nil {
		return err
	}
	s, err := r.Host("b").ListenWith(scenario.ServerPort+2, shortQueue)
	if err != nil {
		return err
	}
	if _, err := s.Call(r.Host("a")); err != nil {
		return err
	}
	w := r.Wire()
	w.SetRule(func(p *wire.Packet) wire.Fate {
		if p.From == "a" && !p.Flags.Has(packet.SYN) {
			return wire.Hold
		}
		return wire.Wait
	})
	var clients []*sock.Socket
	for range 2 {
		c, err := s.Call(r.Host("a"))
		if err != nil {
			return err
		}
		clients = append(clients, c)
	}
	w.SetRule(nil)
	w.ReleaseAll()
	r.Settle()
	for _, c := range clients {
		r.Receive(c)
	}
	return nil
}

// oldSYNACK: while a client calls, a SYN+ACK comes that answers another SYN, as
// one of an earlier connection might.
func oldSYNACK(r *scenario.Run, s *scenario.Server) error {
	w := r.Wire()
	var syn *wire.Packet
	w.SetRule(func(p *wire.Packet) wire.Fate {
		if p.Flags.Has(packet.SYN) && !p.Flags.Has(packet.ACK) {
			syn = p
			return wire.Hold
		}
		return wire.Wait
	})
	c, err := s.Beckon(r.Host("a"))
	if err != nil {
		return err
	}
	w.SetRule(nil)
	if syn == nil {
		return fmt.Errorf("%s sent no SYN", c.ID())
	}
	old := packet.Packet{Src: syn.Dst, Dst: syn.Src, Seq: 1, Ack: syn.Seq - 1000, Flags: packet.SYN | packet.ACK, Win: 1000}
	raw, err := old.Encode()
	if err != nil {
		return err
	}
	if err := w.Inject(raw, 0); err != nil {
		return err
	}
	r.Settle()
	w.ReleaseAll() // its own SYN is answered all the same
	r.Settle()
	_, _ = s.Accept()
	_, err = c.Option(journal.SOError)
	return err
}

// Timeouts short enough to be waited for, and the bound of that wait.
const (
	probeAfter = 1   // seconds
	userTimeMS = 500 // milliseconds
	untilGiven = 6 * time.Second
)

// keepaliveLost: the wire swallows what the client's end sends, and its
// keepalive finds nobody.
func keepaliveLost(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	for _, o := range []struct {
		option journal.Option
		value  int
	}{{journal.TCPKeepIdle, probeAfter}, {journal.TCPKeepInterval, probeAfter}, {journal.TCPKeepCount, 1}, {journal.SOKeepAlive, 1}} {
		if err := c.Client.SetOption(o.option, o.value); err != nil {
			return err
		}
	}
	return swallowed(r, c)
}

// userTimeout: the wire swallows data, and TCP_USER_TIMEOUT ends the wait for its
// acknowledgement.
func userTimeout(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	if err := c.Client.SetOption(journal.TCPUserTimeout, userTimeMS); err != nil {
		return err
	}
	return swallowed(r, c, "lost")
}

// swallowed loses what the client's end sends, RSTs aside, until it gives up.
func swallowed(r *scenario.Run, c scenario.Conn, lines ...string) error {
	w := r.Wire()
	w.SetRule(func(p *wire.Packet) wire.Fate {
		if p.From == "a" && !p.Flags.Has(packet.RST) {
			return wire.Drop
		}
		return wire.Wait
	})
	for _, line := range lines {
		_, _ = c.Client.Write([]byte(line))
	}
	r.Await(untilGiven, func() bool { return c.Client.Seen(journal.TCPInfo) == journal.Close })
	w.SetRule(nil)
	r.Receive(c.Client)
	r.Receive(c.Server)
	return nil
}
