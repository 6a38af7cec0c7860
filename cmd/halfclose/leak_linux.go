package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// room is how many connections the leaking server has descriptors for.
const room = 5

// leak: a server that accepts, and never closes, though every client does;
// until it has no descriptor left.
func leak(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	child, err := r.Spawn(journal.DefaultSIGPIPE, s.Socket)
	if err != nil {
		return err
	}
	if err := leaks(r, s, child); err != nil {
		return err
	}
	return waysOut(r)
}

// leaks lets clients connect, say something, and end their direction, until accept
// fails. They do not close: their FIN_WAIT2 would go by itself.
func leaks(r *scenario.Run, s *scenario.Server, child *sock.Child) error {
	if err := child.EpollWait(s.Socket); err != nil { // made before the descriptors run out
		return err
	}
	if err := child.LimitDescriptors(room); err != nil {
		return err
	}
	for range room + 1 {
		c, err := s.Call(r.Host("a"))
		if err != nil {
			return err
		}
		accepted, err := child.Accept(s.Socket)
		if err != nil {
			return err
		}
		if accepted == nil {
			accepted = s.Queued(c)
		}
		r.Send(c, "unread")
		_ = c.Shutdown(journal.ShutWrite)
		r.Settle()
		accepted.Look()
	}
	// Nothing has changed: epoll goes on saying that there is somebody, and
	// accept goes on failing.
	for range 2 {
		if err := child.EpollWait(s.Socket); err != nil {
			return err
		}
		if _, err := child.Accept(s.Socket); err != nil {
			return err
		}
	}
	return nil
}

// keepalive is after how many seconds a peer that is silent is asked whether it
// is still there.
const keepalive = 1

// noticedBy bounds the wait for that to have been found out.
const noticedBy = 4 * time.Second

// waysOut tries every way out of CLOSE_WAIT, each on a connection of its own.
func waysOut(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort + 1)
	if err != nil {
		return err
	}
	outs := []func(*scenario.Run, scenario.Conn) error{byClose, byReset, byWrite}
	if r.Network() == journal.HostNet {
		r.Note("keepalive: left out, the peer's orphan lasts a minute without settings that the host network never changes")
	} else if err := setFinTimeout(r, "a"); err != nil {
		return err
	} else {
		outs = append(outs, byKeepalive)
	}
	for _, out := range outs {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		if err := out(r, c); err != nil {
			return err
		}
	}
	return nil
}

// halfClosed lets the client's end be closed and the server see it.
func halfClosed(r *scenario.Run, c scenario.Conn) {
	_ = c.Client.Close()
	r.Settle()
}

// byClose is the ordinary way.
func byClose(r *scenario.Run, c scenario.Conn) error {
	halfClosed(r, c)
	_ = c.Server.Close()
	r.Settle()
	return nil
}

// byReset: the peer had only shut down, and then resets.
func byReset(r *scenario.Run, c scenario.Conn) error {
	_ = c.Client.Shutdown(journal.ShutWrite)
	r.Settle()
	if err := c.Client.Reset(); err != nil {
		return err
	}
	r.Settle()
	return nil
}

// byWrite: what the server writes meets nobody, and is answered with RST.
func byWrite(r *scenario.Run, c scenario.Conn) error {
	halfClosed(r, c)
	r.Send(c.Server, "anybody there?")
	return nil
}

// byKeepalive: the kernel asks, when the peer's orphan has gone.
func byKeepalive(r *scenario.Run, c scenario.Conn) error {
	for _, o := range []struct {
		option journal.Option
		value  int
	}{{journal.TCPKeepIdle, keepalive}, {journal.TCPKeepInterval, keepalive}, {journal.SOKeepAlive, 1}} {
		if err := c.Server.SetOption(o.option, o.value); err != nil {
			return err
		}
	}
	halfClosed(r, c)
	r.Await(noticedBy, func() bool { return c.Server.Seen(journal.TCPInfo) == journal.Close })
	return nil
}
