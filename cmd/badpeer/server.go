package main

import (
	"bytes"
	"net/netip"
	"strings"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/lib/witness/tcpstate"
)

// client is a player of a mode in which the program may be a server.
type client interface {
	// call is what the peer does as its client, on a connection on which it has asked nothing.
	call(c *conn)
}

// beClient waits until the program listens, is a well-behaved client, then one that
// misbehaves, then a well-behaved one again.
func (p *play) beClient() {
	p.first = p.t.Host("b").Socket()
	p.at = p.server
	p.plans()
	p.start()
	if !p.awaitListener() || !p.askWell() {
		return
	}
	c := p.call()
	if c == nil {
		p.note(unserved, nil, nil, "the second connection was refused")
		return
	}
	c.mine = true
	p.awaitWorker(c)
	p.player.(client).call(c)
	p.t.Await(tail, func() bool { p.keepWatch(); return p.cmd != nil && p.cmd.Ended() })
	if p.acted && (p.cmd == nil || !p.cmd.Ended()) {
		p.askWell()
	}
}

const (
	// accepting is how long a server is waited for to accept a connection. One may do so only when
	// something has come on it (TCP_DEFER_ACCEPT, tcp(7)).
	accepting = 100 * time.Millisecond
	// forking is how long it has to hand the connection to another process.
	forking = 20 * time.Millisecond
)

// awaitWorker lets a server accept a connection, and hand it to the process that is to serve it:
// what becomes of that is seen only if it is known which one it is.
func (p *play) awaitWorker(c *conn) {
	if p.cmd == nil || !p.t.Await(accepting, c.held) {
		return
	}
	p.t.Wait(forking)
	c.strike()
}

// awaitListener waits until the program listens.
func (p *play) awaitListener() bool {
	why := "nobody listens at " + p.server.String()
	return p.t.Await(p.patience, func() bool {
		if p.cmd == nil || p.anyPeer {
			return p.clients.Listens(p.server) != 0
		}
		if p.cmd.Ended() {
			return true
		}
		inode := p.clients.Listens(p.server)
		_, held, err := p.holds(inode)
		if inode != 0 && !held {
			why = "who listens at " + p.server.String() + " is not seen to be the program"
			if err != nil {
				why += ": " + err.Error()
			}
		}
		return held
	}) && (p.cmd == nil || !p.cmd.Ended()) || p.refuse(why)
}

// refuse notes why a server was not met.
func (p *play) refuse(why string) bool {
	p.note(unserved, nil, nil, "%s", why)
	return false
}

// call connects to the program; nil: it was refused.
func (p *play) call() *conn {
	e := p.t.Dial(p.server)
	if e.State() != tcpstate.Name(tcpstate.Established) {
		return nil
	}
	p.first = e
	return p.take(e)
}

// askWell is a well-behaved client, and says whether it was served.
func (p *play) askWell() bool {
	c := p.call()
	if c == nil {
		return p.refuse("its connection was refused")
	}
	if p.anyPeer || p.cmd == nil {
		p.note(met, c, nil, "at %s", p.server)
	} else {
		p.note(met, c, nil, "at %s, where it listens", p.server)
	}
	asker := p.asker()
	c.deaf = true
	c.write(asker.Ask(len(p.conns), p.send))
	n, whole, why := c.await(asker, p.patience)
	p.t.AtOnce(func() { c.end.Close() })
	if !whole {
		return p.refuse(why)
	}
	p.note(served, c, nil, "with %s", sized(asker, n))
	return true
}

// sized is how large a reply is and, where the protocol has such a thing, its status.
func sized(a protocol.Asker, n int) string {
	text := count(n, "byte")
	if s, has := a.(interface{ Status() string }); has {
		text += ", " + s.Status()
	}
	return text
}

// statusIn is the status in a fact about a reply; "": it has none.
func statusIn(detail string) string {
	_, status, _ := strings.Cut(detail, ", status ")
	return status
}

// worse says whether a reply reports an error of the server's or the client's, and the first one that
// a well-behaved client got did not.
func (r *record) worse(detail string) (was, is string, worse bool) {
	was, is = statusIn(r.first(served).Detail), statusIn(detail)
	return was, is, was != "" && was < "4" && is >= "4"
}

func (p *play) asker() protocol.Asker {
	_, asker, err := protocol.New(p.protocol)
	p.t.Must(err) // was checked
	return asker
}

// await waits for a whole reply, or the end, and says how much of it came.
func (c *conn) await(a protocol.Asker, most time.Duration) (n int, whole bool, why string) {
	why = "no whole reply came in " + most.String()
	c.t.Await(most, func() bool {
		for c.end.IsOpen() && !c.fin && c.end.Readable() {
			b, errno := c.end.Read(piece)
			switch {
			case errno == "EAGAIN":
				return false
			case errno != "":
				c.reset, why = true, "it reset the connection: read says "+string(errno)
				return true
			case len(b) == 0:
				c.fin = true
			}
			c.in = append(c.in, b...)
			c.read += int64(len(b))
		}
		var err error
		n, whole, err = a.Whole(c.in, c.fin)
		switch {
		case err != nil:
			why = err.Error()
			return true
		case whole:
			return true
		case c.fin:
			why = "it closed after " + count(len(bytes.TrimSpace(c.in)), "byte") + ", which are no whole reply"
			return true
		}
		return false
	})
	return n, whole, why
}

// call of a peer that ends the connection: with its request on the way, after some of the
// reply, or after a while.
func (e *ender) call(c *conn) {
	c.deaf = true
	asker := e.asker()
	c.write(asker.Ask(len(e.conns), e.send))
	switch {
	case e.afterTime > 0:
		e.t.Await(e.afterTime, func() bool { return e.cmd != nil && e.cmd.Ended() })
	case e.after > 0 || e.midReply:
		least := max(e.after, 1)
		e.t.Await(e.patience, func() bool { return int64(c.end.Unread()) >= least || !c.end.IsOpen() })
		c.read = int64(c.end.Unread())
	}
	e.end(c)
}

// call of a peer that leaves the reply unread.
func (l *leaver) call(c *conn) {
	c.deaf = true
	c.write(l.asker().Ask(len(l.conns), l.send))
	l.t.Await(l.patience, func() bool { return int64(c.end.Unread()) > l.after })
	if l.after > 0 {
		c.take(int(l.after))
	}
	if c.end.Unread() == 0 {
		return
	}
	c.doCloseUnread()
}

// listenAt is where the peer listens.
func (p *play) listenAt() netip.AddrPort {
	if p.listen.IsValid() {
		return p.listen
	}
	return p.t.Host("b").At(0)
}
