package scenario

import (
	"fmt"
	"net/netip"
	"time"

	"sockproof/lib/journal"
)

// End is a socket in the steps' hands. The methods that return an Errno make the call
// of that name, and what the kernel answers is evidence.
type End struct {
	t *T
	s socket

	// How it is made (SocketOption).
	at      netip.AddrPort // where it is bound; not valid: it is not
	backlog int
}

// SocketOption prepares a socket before it is bound.
type SocketOption func(*End)

// Opt sets an option (setsockopt(2)).
func Opt(o journal.Option, value int) SocketOption { return func(e *End) { e.Set(o, value) } }

// Member makes a socket of UDP a member of a multicast group.
func Member(group netip.Addr) SocketOption {
	return func(e *End) { e.t.must(e.s.Join(group)) }
}

// Linger sets SO_LINGER (socket(7)). On, and 0 seconds: close sends RST.
func Linger(on bool, seconds int) SocketOption { return func(e *End) { e.SetLinger(on, seconds) } }

// From binds the socket to this port of its host; 0: the kernel chooses one.
func From(port uint16) SocketOption {
	return func(e *End) { e.at = e.t.Host(e.Host()).At(port) }
}

// At binds it to this address.
func At(a netip.AddrPort) SocketOption { return func(e *End) { e.at = a } }

// Backlog is the length of a listener's queue (listen(2)).
func Backlog(n int) SocketOption { return func(e *End) { e.backlog = n } }

// smallBuffer is a receive buffer, in bytes, that a little fills. Then it stops the sender.
const smallBuffer = 4096

// MoreThanFits is more than a SmallReceiver has room for, in bytes.
const MoreThanFits = 8 << 10

// SmallReceiver gives a socket, and those that it accepts, a receive buffer that
// MoreThanFits overfills.
func SmallReceiver(e *End) { e.Set(journal.SOReceiveBuffer, smallBuffer) }

// Socket makes a TCP socket whose calls do not block, prepares it, and binds it where a
// port is given.
func (h *Host) Socket(options ...SocketOption) *End { return h.bound(h.t.on.Open, options) }

// Datagrams is Socket, of UDP.
func (h *Host) Datagrams(options ...SocketOption) *End { return h.bound(h.t.on.OpenDatagrams, options) }

// bound makes a socket, and binds it where a port is given.
func (h *Host) bound(open func(host string) (socket, error), options []SocketOption) *End {
	e := h.made(open, options)
	if e.at.IsValid() {
		h.t.must(e.s.Bind(e.at))
	}
	return e
}

// socket is Socket without the bind, and made either.
func (h *Host) socket(options []SocketOption) *End { return h.made(h.t.on.Open, options) }

func (h *Host) made(open func(host string) (socket, error), options []SocketOption) *End {
	h.t.goOn()
	s, err := open(h.Name)
	h.t.must(err)
	e := &End{t: h.t, s: s, backlog: backlog}
	for _, prepare := range options {
		prepare(e)
	}
	return e
}

// ID is the socket's name in the journal: "a1".
func (e *End) ID() string { return e.s.ID() }

// Host is the name of the socket's host.
func (e *End) Host() string { return e.s.Host() }

// IsOpen says whether its descriptor has not been closed.
func (e *End) IsOpen() bool { return e.s.IsOpen() }

// Latest is the number in the journal of the last call that was made on it.
func (e *End) Latest() int { return e.s.Latest() }

// Seen is its state as a witness, tcp_info or sock_diag, saw it last; "" before the
// first time.
func (e *End) Seen(w journal.Witness) string { return e.s.Seen(w) }

// State is its state as tcp_info saw it last, while its descriptor is open.
func (e *End) State() string { return e.s.Seen(journal.TCPInfo) }

// In says whether State is this one; it returns a condition for Await.
func (e *End) In(state string) func() bool { return func() bool { return e.State() == state } }

// Gone says whether sock_diag no longer finds it.
func (e *End) Gone() bool { return e.s.Seen(journal.SockDiag) == journal.Gone }

// Readable says whether a read would return something other than EAGAIN.
func (e *End) Readable() bool { return e.s.Readable() }

// Unread is how many bytes wait to be read.
func (e *End) Unread() int { return e.s.Unread() }

// Look journals what sock_diag reports of the socket, though its state be the same:
// timer and queues.
func (e *End) Look() {
	e.t.goOn()
	e.s.Look()
}

// Bind gives it an address (bind(2)). Where failing is no evidence, make it with From.
func (e *End) Bind(a netip.AddrPort) journal.Errno { return e.t.evidence(e.s.Bind(a)) }

// Connect connects, and waits for what becomes of it. The errno is that of connect(2):
// EINPROGRESS, where it has begun. One more call then returns what became of it.
func (e *End) Connect(to netip.AddrPort) journal.Errno {
	err := e.StartConnect(to)
	e.t.settle()
	return err
}

// StartConnect makes the call alone (connect(2)).
func (e *End) StartConnect(to netip.AddrPort) journal.Errno {
	e.t.goOn()
	return e.t.evidence(e.s.Connect(to))
}

// Local is its own address (getsockname(2)). Where it has none, the run ends.
func (e *End) Local() netip.AddrPort {
	e.t.goOn()
	a, err := e.s.Local()
	e.t.must(err)
	return a
}

// Remote is its peer's address (getpeername(2)); not valid, where it has none.
func (e *End) Remote() netip.AddrPort {
	a, err := e.s.Remote()
	if err != nil {
		e.t.goOn()
	}
	return a
}

// Peer is its peer's address as accept(2) or connect(2) gave it: no call is made.
func (e *End) Peer() netip.AddrPort { return e.s.Peer() }

// Write writes a line (write(2)), and lets nothing arrive.
func (e *End) Write(line string) journal.Errno {
	_, err := e.s.Write([]byte(line))
	return e.t.evidence(err)
}

// WriteSome writes as much as the kernel takes (write(2)), and lets nothing arrive.
func (e *End) WriteSome(b []byte) (int, journal.Errno) {
	n, err := e.s.Write(b)
	return n, e.t.evidence(err)
}

// Send writes a line, and lets it arrive.
func (e *End) Send(line string) journal.Errno {
	err := e.Write(line)
	e.t.settle()
	return err
}

// SendMsg sends a line with flags (sendmsg(2)), and lets it arrive.
func (e *End) SendMsg(line string, flags ...journal.SendFlag) journal.Errno {
	_, err := e.s.Sendmsg([]byte(line), flags...)
	errno := e.t.evidence(err)
	e.t.settle()
	return errno
}

// Writev writes two lines in one call (writev(2)), and lets nothing arrive.
func (e *End) Writev(first, second string) journal.Errno {
	_, err := e.s.Writev([]byte(first), []byte(second))
	return e.t.evidence(err)
}

// WriteBulk writes n bytes without meaning, or as many as the kernel takes. The journal
// counts them and does not keep them. It lets nothing arrive.
func (e *End) WriteBulk(n int) (taken int, errno journal.Errno) {
	taken, err := e.s.WriteBulk(n)
	return taken, e.t.evidence(err)
}

// Read reads up to size bytes (read(2)); none and no errno: the end.
func (e *End) Read(size int) ([]byte, journal.Errno) {
	b, err := e.s.Read(size)
	return b, e.t.evidence(err)
}

// ReadBulk is Read whose bytes the journal counts and does not keep.
func (e *End) ReadBulk(size int) (int, journal.Errno) {
	n, err := e.s.ReadBulk(size)
	return n, e.t.evidence(err)
}

// ReadNow is Read that does not block, on a socket that does (MSG_DONTWAIT, recv(2)).
func (e *End) ReadNow(size int) ([]byte, journal.Errno) {
	b, err := e.s.ReadNow(size)
	return b, e.t.evidence(err)
}

// ReadUrgent reads the urgent byte, which is not among those that Read returns (MSG_OOB, recv(2)).
func (e *End) ReadUrgent() journal.Errno {
	_, err := e.s.ReadUrgent()
	return e.t.evidence(err)
}

// lineSize is more than any line, in bytes.
const lineSize = 64

// Recv reads what has arrived, at most a line, if there is still a descriptor to read
// from.
func (e *End) Recv() string {
	e.t.goOn()
	if !e.IsOpen() {
		return ""
	}
	b, _ := e.Read(lineSize)
	return string(b)
}

const (
	// bulkRead is how much ReadToEnd asks for at once, in bytes, and readings how often
	// at most.
	bulkRead = 8 << 10
	readings = 4096
	// readBound bounds how long it waits for more.
	readBound = 3 * time.Second
)

// ReadToEnd reads until the end or an error, waiting for what is under way. The journal
// counts the bytes and does not keep them.
func (e *End) ReadToEnd() {
	read := 0
	e.t.Await(readBound, func() bool {
		for e.t.on.Ended() == nil && e.s.Readable() {
			if read++; read > readings {
				e.t.on.Interrupted(fmt.Errorf("read(%s): no end after %d readings", e.ID(), readings))
				return true
			}
			n, errno := e.ReadBulk(bulkRead)
			if n == 0 || errno != "" && errno != journal.EAGAIN {
				return true
			}
			e.t.Deliver() // the window has opened
		}
		return false
	})
}

// Shutdown ends one direction or both (shutdown(2)), and lets the FIN arrive.
func (e *End) Shutdown(h journal.How) journal.Errno {
	errno := e.t.evidence(e.s.Shutdown(h))
	e.t.settle()
	return errno
}

// ShutdownWrite sends the FIN and goes on reading: Shutdown(SHUT_WR).
func (e *End) ShutdownWrite() journal.Errno { return e.Shutdown(journal.ShutWrite) }

// Close closes the descriptor (close(2)), and lets what that sends arrive. The
// connection may live on, as an orphan that only sock_diag sees.
func (e *End) Close() journal.Errno {
	errno := e.t.evidence(e.s.Close())
	e.t.settle()
	return errno
}

// Reset ends the connection with RST and without TIME_WAIT: close(2) with SO_LINGER
// {1, 0} (socket(7)).
func (e *End) Reset() journal.Errno {
	errno := e.t.evidence(e.s.Reset())
	e.t.settle()
	return errno
}

// Set sets an option (setsockopt(2)). Where it cannot be set, the run ends.
func (e *End) Set(o journal.Option, value int) {
	e.t.goOn()
	e.t.must(e.s.SetOption(o, value))
}

// Get reads an option (getsockopt(2)).
func (e *End) Get(o journal.Option) int {
	value, err := e.s.Option(o)
	e.t.evidence(err)
	return value
}

// TrySet is Set where the kernel may not have the option.
func (e *End) TrySet(o journal.Option, value int) journal.Errno {
	return e.t.evidence(e.s.SetOption(o, value))
}

// SetLinger sets SO_LINGER (socket(7)). On, and 0 seconds: close sends RST.
func (e *End) SetLinger(on bool, seconds int) {
	e.t.goOn()
	e.t.must(e.s.SetLinger(on, seconds))
}

// SetBlocking lets its calls block from now on: make them in the Background.
func (e *End) SetBlocking() {
	e.t.goOn()
	e.t.must(e.s.SetBlocking())
}

// Err reads and clears the socket's pending error (SO_ERROR, socket(7)).
func (e *End) Err() journal.Errno {
	errno, err := e.s.Error()
	if err != nil {
		return e.t.evidence(err)
	}
	return errno
}

// Linger reads SO_LINGER.
func (e *End) Linger() {
	_, err := e.s.Linger()
	e.t.evidence(err)
}

// DropRST attaches a filter that drops segments with RST before TCP sees them
// (SO_ATTACH_FILTER, socket(7)).
func (e *End) DropRST() {
	e.t.goOn()
	e.t.must(e.s.DropRST())
}

// TryDropAll attaches a filter that drops every segment, as if the path were dead. A plain
// user may not, on TCP (EPERM).
func (e *End) TryDropAll() journal.Errno {
	e.t.goOn()
	return e.t.evidence(e.s.DropAll())
}

// Dropped is how many segments the socket has thrown away.
func (e *End) Dropped() int64 { return e.s.Dropped() }

// DropNothing detaches it.
func (e *End) DropNothing() {
	e.t.goOn()
	e.t.must(e.s.DropNothing())
}

// Destroy lets the administrator abort the connection (SOCK_DESTROY, "ss -K").
func (e *End) Destroy() journal.Errno {
	errno := e.t.evidence(e.s.Destroy())
	e.t.settle()
	return errno
}

// Duplicate is a second descriptor of a socket. What it does to the connection goes for
// both, and only the last close ends it.
type Duplicate struct {
	t *T
	d duplicate
}

// Dup makes one (dup(2)).
func (e *End) Dup() *Duplicate {
	e.t.goOn()
	d, err := e.s.Dup()
	e.t.must(err)
	return &Duplicate{e.t, d}
}

// Send writes a line, and lets it arrive.
func (d *Duplicate) Send(line string) journal.Errno {
	_, err := d.d.Write([]byte(line))
	errno := d.t.evidence(err)
	d.t.settle()
	return errno
}

// Shutdown is End.Shutdown.
func (d *Duplicate) Shutdown(h journal.How) journal.Errno {
	errno := d.t.evidence(d.d.Shutdown(h))
	d.t.settle()
	return errno
}

// Close is End.Close.
func (d *Duplicate) Close() journal.Errno {
	errno := d.t.evidence(d.d.Close())
	d.t.settle()
	return errno
}

// Epoll watches one socket by epoll(7), level-triggered.
type Epoll struct {
	t *T
	e epoll
}

// Epoll makes one (epoll_create1(2), epoll_ctl(2)).
func (e *End) Epoll() *Epoll {
	e.t.goOn()
	p, err := e.s.Epoll()
	e.t.must(err)
	return &Epoll{e.t, p}
}

// Wait asks what it reports now (epoll_wait(2) with a timeout of 0).
func (p *Epoll) Wait() { p.t.evidence(p.e.Wait()) }

// Pending is calls that another thread makes.
type Pending struct {
	e *End
	p pending
}

// Background runs f, which makes calls on the socket that may block, on a thread of its
// own. They are journalled when they return; Await carries the packets meanwhile.
func (e *End) Background(f func()) *Pending {
	e.t.goOn()
	return &Pending{e, e.s.Background(f)}
}

// Done says whether the calls have returned.
func (p *Pending) Done() bool { return p.p.Done() }

// Blocked says whether the thread waits in a call, read, write or close, and journals it the
// first time.
func (p *Pending) Blocked(call string) bool { return p.p.Blocked(call + "(" + p.e.ID() + ")") }

// Interrupt sends the thread a signal that has a handler.
func (p *Pending) Interrupt() {
	p.e.t.goOn()
	p.p.Interrupt()
}
