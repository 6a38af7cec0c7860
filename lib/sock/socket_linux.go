package sock

import (
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
	"sockproof/lib/network"
)

// Socket is a kernel socket, of TCP or of UDP. Its calls may be made from the run's thread
// or, for those that block, in the background.
type Socket struct {
	t      *Table
	id     string
	host   *network.Host
	family journal.Family

	datagrams bool // of UDP: it has no states, and only its calls are seen

	mu      sync.Mutex
	fd      int          // -1 once closed
	copies  []*Duplicate // further descriptors, open or not
	local   netip.AddrPort
	remote  netip.AddrPort
	pending []*Pending

	lingers atomic.Bool // SO_LINGER {1, n} was set, n > 0: close may wait
	dials   atomic.Bool // connect() was called
	queued  atomic.Bool // it is watched in a listener's queues, and not accepted

	cookie   uint64 // by which the kernel knows it; 0: it has not said yet
	nameless error  // why it did not when it was asked

	seen map[journal.Witness]string // the state each witness saw last; the run's thread only
	told journal.Info               // what TCP_INFO counted when it was journalled last; likewise
	adds bool                       // TCP_INFO goes on counting, when it was asked last; likewise
}

// Open makes a TCP socket in the host's namespace, whose calls do not block (socket(2)).
// It must be called on the run's thread.
func (t *Table) Open(h *network.Host) (*Socket, error) {
	return t.open(&Socket{t: t, host: h}, unix.SOCK_STREAM, unix.IPPROTO_TCP, "SOCK_STREAM", journal.ProtoTCP)
}

// OpenDatagrams makes a UDP socket likewise.
func (t *Table) OpenDatagrams(h *network.Host) (*Socket, error) {
	return t.open(&Socket{t: t, host: h, datagrams: true}, unix.SOCK_DGRAM, unix.IPPROTO_UDP, "SOCK_DGRAM", journal.ProtoUDP)
}

func (t *Table) open(s *Socket, kind, proto int, kindName, protoName string) (*Socket, error) {
	h := s.host
	s.family, s.fd, s.seen = t.family, -1, map[journal.Witness]string{}
	s.id = t.name(h)
	number, name := domain(t.family)
	if err := t.over("socket"); err != nil {
		return nil, &CallError{Op: "socket", Args: []string{name}, Err: err}
	}
	err := h.In(func() error {
		return t.record(h.Name, s.id, "socket", []string{name, kindName + "|SOCK_CLOEXEC|SOCK_NONBLOCK", protoName}, func() returned {
			fd, err := unix.Socket(number, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
			if err == nil {
				s.fd = fd
				s.identify(fd)
				t.watch(s)
			}
			return returned{n: fd, out: s.id, err: err}
		})
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Queued watches, by sock_diag alone, the connection that a client has in a
// listener's queues: no descriptor refers to it until it is accepted.
func (s *Socket) Queued(client *Socket) *Socket {
	q := &Socket{t: s.t, host: s.host, family: s.family, fd: -1, seen: map[journal.Witness]string{}}
	q.queued.Store(true)
	q.id = s.t.name(s.host)
	local, _ := s.addresses()
	remote, _ := client.addresses()
	q.learn(local, remote)
	s.t.watch(q)
	q.sampleDiag()
	return q
}

// queuedFrom is the connection from an address that is watched in a listener's queues; nil:
// none is.
func (t *Table) queuedFrom(from netip.AddrPort, listener *Socket) *Socket {
	local, _ := listener.addresses()
	for _, s := range t.sockets() {
		if l, r := s.addresses(); s.host == listener.host && l == local && r == from && s.queued.CompareAndSwap(true, false) {
			return s
		}
	}
	return nil
}

// ID is the socket's name in the journal: "a1".
func (s *Socket) ID() string { return s.id }

// Host is the name of the socket's host.
func (s *Socket) Host() string { return s.host.Name }

// IsOpen says whether the socket's own descriptor has not been closed.
func (s *Socket) IsOpen() bool { return s.descriptor() >= 0 }

// descriptor is the socket's file descriptor; -1 once closed, so that a late
// call fails with EBADF instead of reaching a stranger's socket.
func (s *Socket) descriptor() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fd
}

// addresses are the socket's own and its peer's, as far as known.
func (s *Socket) addresses() (local, remote netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.local, s.remote
}

// Peer is its peer's address, as far as known.
func (s *Socket) Peer() netip.AddrPort {
	_, remote := s.addresses()
	return remote
}

// IsPeerOf says whether the two are the ends of one connection, by their addresses.
func (s *Socket) IsPeerOf(o *Socket) bool {
	_, remote := s.addresses()
	local, _ := o.addresses()
	return remote.IsValid() && remote == local
}

// learn notes an address of the socket, for the journal and for sock_diag.
func (s *Socket) learn(local, remote netip.AddrPort) {
	s.mu.Lock()
	if local.IsValid() {
		s.local = local
	}
	if remote.IsValid() {
		s.remote = remote
	}
	d := journal.Socket{ID: s.id, Host: s.host.Name, Local: journal.AddressOf(s.local), Remote: journal.AddressOf(s.remote)}
	s.mu.Unlock()
	s.t.rec.Socket(d)
}

// name is the next socket's id on a host.
func (t *Table) name(h *network.Host) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count[h.Name]++
	return h.Name + strconv.Itoa(t.count[h.Name])
}

// Seen is the socket's state as a witness, tcp_info or sock_diag, saw it last;
// "" before the first look. It must be called on the run's thread.
func (s *Socket) Seen(by journal.Witness) string { return s.seen[by] }
