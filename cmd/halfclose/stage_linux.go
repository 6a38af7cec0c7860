package main

import (
	"net/netip"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// The ports where every port is free; on the caller's own stack the kernel
// chooses them.
const (
	serverPort = 8080
	clientPort = 40001 // the first client's, the others on those that follow
)

// backlog is the queue of the server's listener.
const backlog = 64

// server is a listener, and the connections made to it.
type server struct {
	*sock.Socket
	r     *repro.Run
	host  *repro.Host
	at    netip.AddrPort
	calls uint16 // clients so far
}

// conn is a connection: the client's end and the server's.
type conn struct{ a, b *sock.Socket }

// listen makes a server on host b.
func listen(r *repro.Run) (*server, error) { return listenOn(r, serverPort) }

// listenOn makes a server on a port of host b, with what options do to it before it is bound.
func listenOn(r *repro.Run, port uint16, options ...func(*sock.Socket) error) (*server, error) {
	h := r.Host("b")
	s, err := h.Socket()
	if err != nil {
		return nil, err
	}
	for _, set := range options {
		if err := set(s); err != nil {
			return nil, err
		}
	}
	if r.Network() == journal.HostNet {
		port = 0
	}
	if err := s.Bind(h.At(port)); err != nil {
		return nil, err
	}
	at, err := s.Local()
	if err != nil {
		return nil, err
	}
	return &server{Socket: s, r: r, host: h, at: at}, s.Listen(backlog)
}

// call connects a client on host a; nobody has accepted it yet.
func (s *server) call(options ...func(*sock.Socket) error) (*sock.Socket, error) {
	return s.callFrom("a", options...)
}

// callFrom connects a client on a host.
func (s *server) callFrom(host string, options ...func(*sock.Socket) error) (*sock.Socket, error) {
	h := s.r.Host(host)
	c, err := h.Socket()
	if err != nil {
		return nil, err
	}
	for _, set := range options {
		if err := set(c); err != nil {
			return nil, err
		}
	}
	if s.r.Network() != journal.HostNet {
		if err := c.Bind(h.At(clientPort + s.calls)); err != nil {
			return nil, err
		}
		s.calls++
	}
	_ = c.Connect(s.at) // EINPROGRESS
	if s.r.Network() == journal.HostNet {
		if _, err := c.Local(); err != nil {
			return nil, err
		}
	}
	s.r.Await(connecting, func() bool { return c.Seen(journal.TCPInfo) != journal.SynSent })
	return c, nil
}

// connecting bounds the wait for a client to be connected, or refused.
const connecting = 3 * time.Second

// connect makes a connection, both ends of it in this process.
func (s *server) connect(options ...func(*sock.Socket) error) (conn, error) {
	a, err := s.call(options...)
	if err != nil {
		return conn{}, err
	}
	b, err := s.Accept()
	return conn{a, b}, err
}

// write sends a line and lets it arrive. What becomes of it is evidence.
func write(r *repro.Run, s *sock.Socket, line string) {
	_, _ = s.Write([]byte(line))
	r.Settle()
}

// deliver lets what a call sent arrive, and nothing more: on the wire it has to
// be carried, elsewhere it arrived before the call returned. Unlike Settle it
// does not wait for what the kernel delays, or a full window holds up.
func deliver(r *repro.Run) {
	if r.Wire() != nil {
		r.Settle()
	}
}

// readSize is more than any line.
const readSize = 64

// read takes what has arrived, if there is still a descriptor to read from.
func read(s *sock.Socket) {
	if s.IsOpen() {
		_, _ = s.Read(readSize)
	}
}
