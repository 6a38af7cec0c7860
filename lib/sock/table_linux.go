package sock

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// Table is the sockets of one run, and the witnesses tcp_info and sock_diag
// that watch them.
type Table struct {
	rec      *journal.Recorder
	family   journal.Family
	thread   int                   // the run's
	after    func()                // called after each call made on the run's thread
	take     func()                // called before what the kernel counted is read
	port     func(uint16) error    // called before a port is used, so that its packets are captured
	diags    map[string]*diag.Conn // by host; empty where sock_diag is unavailable
	hearings []hearing             // of each stack; empty where nothing is told

	mu      sync.Mutex
	count   map[string]int // sockets made so far, by host
	watched []*Socket
	named   map[named]*Socket // those not known to be destroyed; nil: nobody tells
	latest  map[string]int    // the number of the last call, by socket

	children []*Child // the run's thread only
	commands []*Command
	epolls   []*Epoll
	carry    func() // hands on what waits between the hosts

	bounds Bounds
	ending bool // the run is being torn down; the run's thread only
}

// Bounds are how long a run may take.
type Bounds struct {
	Run  context.Context // no call is begun after it ends
	Late context.Context // nor is any waited for after this one, which ends a little later
}

// Hooks are what the run does about a socket's calls.
type Hooks struct {
	After func()             // after each call on the run's thread
	Take  func()             // takes in what has left or passed lo, for counts to be compared with
	Port  func(uint16) error // before a port is used
	Carry func()             // at the end: hands on what still waits between the hosts
}

// NewTable makes an empty table, for the calling thread's run.
func NewTable(rec *journal.Recorder, f journal.Family, bounds Bounds, hooks Hooks) *Table {
	return &Table{
		rec: rec, family: f, thread: unix.Gettid(), after: hooks.After, take: hooks.Take, port: hooks.Port, carry: hooks.Carry,
		bounds: bounds, diags: map[string]*diag.Conn{}, named: map[named]*Socket{}, count: map[string]int{}, latest: map[string]int{},
	}
}

// OnThread says whether the calling thread is the run's.
func (t *Table) OnThread() bool { return unix.Gettid() == t.thread }

// Diagnose lets sock_diag watch the sockets of a host.
func (t *Table) Diagnose(h *network.Host, c *diag.Conn) { t.diags[h.Name] = c }

func (t *Table) watchPort(p uint16) error {
	if p == 0 {
		return nil // the kernel's choice is learnt from getsockname
	}
	return t.port(p)
}

func (t *Table) watch(s *Socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watched = append(t.watched, s)
}

// sockets is a copy of the list, for use without the lock.
func (t *Table) sockets() []*Socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*Socket(nil), t.watched...)
}

// Sample journals which sockets were destroyed, then reads the state of every watched one, by
// TCP_INFO while its descriptor is open and by sock_diag while its addresses are known, and
// journals each change. It must be called on the run's thread.
func (t *Table) Sample() {
	t.hear()
	for _, s := range t.sockets() {
		s.sampleInfo()
		if !s.sampleDiag() && s.observable() < 0 && !s.isToCome() {
			t.forget(s)
		}
	}
}

// isToCome says whether the socket is watched in a listener's queues and has not been seen
// there yet.
func (s *Socket) isToCome() bool { return s.queued.Load() && s.seen[journal.SockDiag] == "" }

// States lists the sockets of a host with the state that each was seen in last:
// by sock_diag, which sees those that are closed, or else by TCP_INFO.
func (t *Table) States(host string) []string {
	var all []string
	for _, s := range t.sockets() {
		if s.host.Name != host {
			continue
		}
		state := s.seen[journal.SockDiag]
		if state == "" || state == journal.Gone {
			state = s.seen[journal.TCPInfo]
		}
		if state != "" {
			all = append(all, s.id+" "+state)
		}
	}
	return all
}

// AtRest says whether no watched socket has anything under way: nothing
// unacknowledged, and no state that only the peer's next segment can end.
func (t *Table) AtRest() bool {
	for _, s := range t.sockets() {
		if s.isUnderWay() {
			return false
		}
	}
	return true
}

func (s *Socket) isUnderWay() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	fd := s.anyDescriptor()
	if fd < 0 {
		return isTransient(s.seen[journal.SockDiag])
	}
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.State == tcpstate.Listen || info.State == tcpstate.Close {
		return false // what a closed one still counts is left over
	}
	return (isTransient(tcpstate.Name(info.State)) || info.Unacked > 0 || info.Notsent_bytes > 0)
}

func isTransient(state string) bool {
	switch state {
	case journal.SynSent, journal.SynRecv, journal.FinWait1, journal.Closing, journal.LastAck:
		return true
	}
	return false
}

// HostOf says which host an address belongs to, where hosts share a stack and
// only the port tells them apart; "" if no socket of the run has it.
func (t *Table) HostOf(a netip.AddrPort) string {
	sockets := t.sockets()
	for i := len(sockets) - 1; i >= 0; i-- {
		if local, _ := sockets[i].addresses(); local == a {
			return sockets[i].host.Name
		}
	}
	return ""
}

// Knows says whether an address is one end of a connection of the run's own
// sockets.
func (t *Table) Knows(a netip.AddrPort) bool {
	for _, s := range t.sockets() {
		if local, remote := s.addresses(); local == a || remote == a && local.IsValid() {
			return true
		}
	}
	return false
}

// forget stops watching a socket of which nothing is left to be seen.
func (t *Table) forget(s *Socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.watched {
		if t.watched[i] == s {
			t.watched = append(t.watched[:i], t.watched[i+1:]...)
			return
		}
	}
}

// sampleInfo reads TCP_INFO.
func (s *Socket) sampleInfo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	fd, info := s.readInfo()
	if info == nil {
		return
	}
	state := tcpstate.Name(info.State)
	if known, is := s.seen[journal.TCPInfo]; is && known == state {
		return
	}
	now := counted(fd, info)
	s.told = now
	s.saw(journal.TCPInfo, state, &now)
}

// readInfo reads TCP_INFO by any open descriptor; nil: there is none, or the kernel did
// not answer. The caller holds s.mu.
func (s *Socket) readInfo() (fd int, info *unix.TCPInfo) {
	fd = s.anyDescriptor()
	if fd < 0 || s.datagrams {
		return fd, nil
	}
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		s.t.rec.Lost(journal.TCPInfo, 1, fmt.Errorf("getsockopt(TCP_INFO) of %s: %w", s.id, err))
		return fd, nil
	}
	return fd, info
}

// saw journals a state if it is news to the witness, with what it counted by then
// if that is known.
func (s *Socket) saw(w journal.Witness, state string, counted *journal.Info) bool {
	from, known := s.seen[w]
	if known && from == state {
		return false
	}
	s.seen[w] = state
	s.t.rec.Add(journal.Event{
		Host: s.host.Name, Socket: s.id, Kind: journal.KindState,
		State: &journal.State{From: from, To: state, Witness: w, Info: counted},
	})
	return true
}

// sampleDiag asks sock_diag, by exact 4-tuple; false: it finds nothing, or
// another socket that has the same addresses by now.
func (s *Socket) sampleDiag() bool {
	c := s.t.diags[s.host.Name]
	local, remote := s.addresses()
	if c == nil || local.Port() == 0 || remote.Port() == 0 || s.datagrams {
		return false
	}
	found, is, err := s.lookUp(c, local, remote)
	if state, known := s.seen[journal.SockDiag]; err == nil && !is && known && state != journal.Gone {
		// In the instant in which the kernel puts a TIME_WAIT in its place neither is found
		// (inet_twsk_hashdance_schedule in net/ipv4/inet_timewait_sock.c).
		found, is, err = s.lookUp(c, local, remote)
		if err == nil && !is {
			s.saw(journal.SockDiag, journal.Gone, nil)
		}
	}
	if err != nil {
		s.t.rec.Lost(journal.SockDiag, 1, err)
		return true
	}
	if !is {
		return false
	}
	if s.saw(journal.SockDiag, found.StateName(), nil) {
		s.sampled(&found)
	}
	return true
}

// lookUp asks sock_diag for the socket itself; false: it finds nothing, or another.
func (s *Socket) lookUp(c *diag.Conn, local, remote netip.AddrPort) (found diag.Socket, is bool, err error) {
	found, is, err = c.Lookup(local, remote)
	if err != nil || !is {
		return found, false, err
	}
	is, err = s.isMe(&found)
	return found, is, err
}

// sampled journals what sock_diag read of the socket.
func (s *Socket) sampled(found *diag.Socket) {
	s.t.rec.Add(journal.Event{
		Host: s.host.Name, Socket: s.id, Kind: journal.KindSample,
		Sample: &journal.Sample{
			Witness: journal.SockDiag, State: found.StateName(),
			Timer: found.TimerName(), TimerMS: int64(found.TimerMS),
			RxQueue: int64(found.RxQueue), TxQueue: int64(found.TxQueue), Inode: found.Inode,
		},
	})
}
