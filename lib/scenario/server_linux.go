package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"sockproof/lib/journal"
	"sockproof/lib/sock"
)

// Server is a listener on one of the run's hosts.
type Server struct {
	*sock.Socket
	At   netip.AddrPort
	host *RunHost
}

// Conn is a connection of which the run holds both ends.
type Conn struct{ Client, Server *sock.Socket }

// SetUp is done to a socket before it is bound, such as setting an option.
type SetUp func(*sock.Socket) error

// Listen makes a listener on the host.
func (h *RunHost) Listen(port uint16, setUp ...SetUp) (*Server, error) {
	return h.ListenWith(port, backlog, setUp...)
}

// ListenWith makes one with a queue of its own length (listen(2)).
func (h *RunHost) ListenWith(port uint16, queue int, setUp ...SetUp) (*Server, error) {
	s, err := h.Socket()
	if err != nil {
		return nil, err
	}
	for _, set := range setUp {
		if err := set(s); err != nil {
			return nil, err
		}
	}
	if h.r.Network() == journal.HostNet {
		port = 0
	}
	if err := s.Bind(h.At(port)); err != nil {
		return nil, err
	}
	at, err := s.Local()
	if err != nil {
		return nil, err
	}
	return &Server{Socket: s, At: at, host: h}, s.Listen(queue)
}

// Call lets a client on another host connect, and waits for what becomes of it;
// nobody has accepted it then.
func (s *Server) Call(from *RunHost, setUp ...SetUp) (*sock.Socket, error) {
	return from.CallAt(s.At, 0, setUp...)
}

// CallAt connects a client to an address, from a port, or with 0 from one of its
// own, and waits for what becomes of it. Where the port cannot be had, bind's
// errno is the error.
func (h *RunHost) CallAt(to netip.AddrPort, port uint16, setUp ...SetUp) (*sock.Socket, error) {
	c, err := h.begin(to, port, setUp...)
	if err == nil {
		h.r.Await(connecting, func() bool { return c.Seen(journal.TCPInfo) != journal.SynSent })
	}
	return c, err
}

// Beckon lets a client on another host connect, and waits for nothing.
func (s *Server) Beckon(from *RunHost, setUp ...SetUp) (*sock.Socket, error) {
	return from.begin(s.At, 0, setUp...)
}

// begin makes a client and lets it call.
func (h *RunHost) begin(to netip.AddrPort, port uint16, setUp ...SetUp) (*sock.Socket, error) {
	c, err := h.Socket()
	if err != nil {
		return nil, err
	}
	for _, set := range setUp {
		if err := set(c); err != nil {
			return nil, err
		}
	}
	kernels := port == 0 && h.r.Network() == journal.HostNet
	if port == 0 {
		port = clientPort + h.r.clients
		h.r.clients++
	}
	if !kernels {
		if err := c.Bind(h.At(port)); err != nil {
			return nil, err
		}
	}
	_ = c.Connect(to) // EINPROGRESS
	if kernels {
		_, err = c.Local()
	}
	return c, err
}

// Connect makes a connection from another host, and accepts it.
func (s *Server) Connect(from *RunHost, setUp ...SetUp) (Conn, error) {
	client, err := s.Call(from, setUp...)
	if err != nil {
		return Conn{}, err
	}
	accepted, err := s.AcceptFrom(client)
	return Conn{client, accepted}, err
}

// AcceptFrom takes the server's end of a client's connection from the queue. Others may
// be before it: with SYN cookies a segment of a connection that the server has lost makes
// a new one (tcp_syncookies=2). They stay as they are until the run ends.
func (s *Server) AcceptFrom(client *sock.Socket) (*sock.Socket, error) {
	for {
		accepted, err := s.Accept()
		if err != nil || accepted.IsPeerOf(client) {
			return accepted, err
		}
		s.host.r.Note("%s is not the server's end of %s", accepted.ID(), client.ID())
	}
}

// OldSmallReceiver gives a socket a small receive buffer, and those it accepts.
func OldSmallReceiver(s *sock.Socket) error { return s.SetOption(journal.SOReceiveBuffer, smallBuffer) }

// Deliver lets what a call sent arrive, and nothing more: on the wire it has to
// be carried, elsewhere it arrived before the call returned. Unlike Settle it
// does not wait for what the kernel delays, or a full window holds up.
func (r *Run) Deliver() {
	if r.wire != nil {
		r.Settle()
	}
}

// Send writes a line and lets it arrive. What becomes of it is evidence.
func (r *Run) Send(s *sock.Socket, line string) {
	_, _ = s.Write([]byte(line))
	r.Settle()
}

// Receive reads what has arrived, if there is still a descriptor to read from.
func (r *Run) Receive(s *sock.Socket) {
	if s.IsOpen() {
		_, _ = s.Read(lineSize)
	}
}

// ReadToEnd reads until the end or an error, waiting for what is under way. The
// journal counts the bytes and does not keep them.
func (r *Run) ReadToEnd(s *sock.Socket) {
	read := 0
	r.Await(readBound, func() bool {
		for r.OK() && s.Readable() {
			if read++; read > readings {
				r.stop(fmt.Errorf("read(%s): no end after %d readings", s.ID(), readings))
				return true
			}
			n, err := s.ReadBulk(bulkRead)
			if n == 0 || err != nil && !errors.Is(err, syscall.EAGAIN) {
				return true
			}
			r.Deliver() // the window has opened
		}
		return false
	})
}

// Never is a condition to wait a whole span of time for.
func Never() bool { return false }
