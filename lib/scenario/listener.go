package scenario

import (
	"net/netip"
	"time"

	"sockproof/lib/journal"
)

// ServerPort is the usual port of a scenario's first listener, and clientPort that of
// the first client; the others have those that follow. On the caller's own stack the
// kernel chooses instead.
const (
	ServerPort = 8080
	clientPort = 40001
)

// backlog is the usual queue of a listener.
const backlog = 64

// Listener is a listening socket. Clients connect to it from the scenario's first host.
type Listener struct {
	*End
	At netip.AddrPort
}

// Listen makes a listener on the scenario's last host.
func (t *T) Listen(port uint16, options ...SocketOption) *Listener {
	return t.server().Listen(port, options...)
}

// Listen makes a listener on the host. On the caller's own stack the kernel chooses the
// port.
func (h *Host) Listen(port uint16, options ...SocketOption) *Listener {
	e := h.socket(options)
	if h.t.OnHost() {
		port = 0
	}
	h.t.must(e.s.Bind(h.At(port)))
	l := &Listener{End: e, At: e.Local()}
	h.t.must(e.s.Listen(e.backlog))
	return l
}

// Listen makes a socket that is bound a listener (listen(2)).
func (e *End) Listen(backlog int) *Listener {
	e.t.goOn()
	e.t.must(e.s.Listen(backlog))
	return &Listener{End: e, At: e.Local()}
}

// TryListen is Listen where failing is evidence.
func (e *End) TryListen(backlog int) journal.Errno { return e.t.evidence(e.s.Listen(backlog)) }

// Connection makes a connection from the scenario's first host to a listener on the last,
// on ServerPort, which is made the first time. The options are the client's.
func (t *T) Connection(options ...SocketOption) (client, server *End) {
	if t.listener == nil {
		t.listener = t.Listen(ServerPort)
	}
	return t.listener.Connect(options...)
}

// Connect makes a connection, and accepts it. The options are the client's.
func (l *Listener) Connect(options ...SocketOption) (client, server *End) {
	client = l.Dial(options...)
	return client, l.AcceptFrom(client)
}

// Dial lets a client connect, and waits for what becomes of it: it may be refused. The
// server's end stays in the queue.
func (l *Listener) Dial(options ...SocketOption) *End { return l.t.Dial(l.At, options...) }

// Start is Dial that waits for nothing.
func (l *Listener) Start(options ...SocketOption) *End {
	c := l.t.client().bindClient(options)
	c.StartConnect(l.At)
	c.learnPort()
	return c
}

// connecting bounds the wait for a client to be connected, or refused.
const connecting = 3 * time.Second

// Dial lets a client on the scenario's first host connect, and waits for what becomes of
// it: it may be refused.
func (t *T) Dial(to netip.AddrPort, options ...SocketOption) *End {
	c := t.client().bindClient(options)
	c.dial(to)
	return c
}

// DialFrom is Dial from a port that may not be had: bind's errno is evidence, and then
// nothing is dialled.
func (t *T) DialFrom(port uint16, to netip.AddrPort, options ...SocketOption) (*End, journal.Errno) {
	h := t.client()
	c := h.socket(options)
	if errno := c.Bind(h.At(port)); errno != "" {
		return c, errno
	}
	c.at = h.At(port)
	c.dial(to)
	return c, ""
}

// bindClient makes a client, and binds it to the port that is its option, or to the next
// of the usual ones.
func (h *Host) bindClient(options []SocketOption) *End {
	c := h.socket(options)
	switch {
	case c.at.IsValid():
	case h.t.OnHost():
		return c
	default:
		c.at = h.At(clientPort + h.t.clients)
		h.t.clients++
	}
	h.t.must(c.s.Bind(c.at))
	return c
}

// dial connects, and waits for what becomes of it.
func (e *End) dial(to netip.AddrPort) {
	e.StartConnect(to)
	e.learnPort()
	e.t.Await(connecting, func() bool { return e.State() != journal.SynSent })
}

// learnPort asks for the port that the kernel has chosen.
func (e *End) learnPort() {
	if !e.at.IsValid() {
		e.Local()
	}
}

// Accept takes a connection from the queue (accept4(2)); nil: there was none, or it
// failed, which is evidence.
func (l *Listener) Accept() *End {
	s, err := l.s.Accept()
	if err != nil {
		l.t.evidence(err)
		return nil
	}
	return &End{t: l.t, s: s}
}

// AcceptFrom takes the server's end of a client's connection from the queue. Others may
// be before it: with SYN cookies a segment of a connection that the server has lost makes
// a new one (tcp_syncookies=2). They stay as they are until the run ends.
func (l *Listener) AcceptFrom(client *End) *End {
	l.t.goOn()
	for {
		s, err := l.s.Accept()
		l.t.must(err)
		if s.IsPeerOf(client.s) {
			return &End{t: l.t, s: s}
		}
		l.t.Note("%s is not the server's end of %s", s.ID(), client.ID())
	}
}

// Queued is the connection that a client has in the queue, which no descriptor refers to
// yet: sock_diag alone sees it.
func (l *Listener) Queued(client *End) *End { return &End{t: l.t, s: l.s.Queued(client.s)} }

// Queue is how many connections wait to be accepted.
func (l *Listener) Queue() int { return l.s.Queue() }
