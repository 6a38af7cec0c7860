package scenario

import (
	"context"
	"net/netip"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/wire"
)

// What steps are carried out with. T and End are written against these, so that a
// scenario is one file on every platform; on Linux lib/network, lib/wire and lib/sock
// implement them (stage_linux.go).

// stage is where a run takes place.
type stage interface {
	Network() journal.Network
	Family() journal.Family
	Wire() *wire.Wire         // nil: the kernel carries the packets
	Context() context.Context // ends with the run's time
	Ended() error             // why the run is over; nil: it goes on
	Own() bool                // whether the calling thread is the run's

	Addr(host string) netip.Addr
	Open(host string) (socket, error)
	OpenDatagrams(host string) (socket, error)
	Set(host, name, value string) error
	Setting(host, name string) (string, error)
	List(host string, states ...string) error
	In(host string, f func() error) error
	WatchPort(port uint16) error

	Settle()
	Await(d time.Duration, done func() bool) bool
	Interrupted(err error) // a wait was cut short: the run is over
	Trial(f func() (keep bool))
	Record(e journal.Event)
	Forget()
	Count()
	Always(counters ...string)
	Transfer(from, to socket, n int64) error

	Spawn(d journal.Disposition, piped, sockets []socket) (child, error)
	Contend(both [2]contender) error
	Exec(host string, p Program) (command, error)
	Race(first, second func())
	Library(host, op string, args []string, f func() (out string, err error)) (done func() bool)
	SetOn(c syscall.RawConn, o journal.Option, value int) error
	ResetOnClose(c syscall.RawConn) error
}

// socket is a kernel socket, each call of which is journalled.
type socket interface {
	ID() string
	Host() string
	IsOpen() bool
	Latest() int
	Seen(w journal.Witness) string
	IsPeerOf(o socket) bool

	Bind(a netip.AddrPort) error
	Join(group netip.Addr) error
	Connect(a netip.AddrPort) error
	Listen(backlog int) error
	Accept() (socket, error)
	Queued(client socket) socket
	Queue() int
	Local() (netip.AddrPort, error)
	Remote() (netip.AddrPort, error)
	Peer() netip.AddrPort
	Write(b []byte) (int, error)
	Writev(parts ...[]byte) (int, error)
	WriteBulk(n int) (int, error)
	Read(size int) ([]byte, error)
	ReadBulk(size int) (int, error)
	ReadNow(size int) ([]byte, error)
	ReadUrgent() ([]byte, error)
	Sendmsg(b []byte, flags ...journal.SendFlag) (int, error)
	Shutdown(h journal.How) error
	Reset() error
	Close() error

	SetBlocking() error
	SetOption(o journal.Option, value int) error
	Option(o journal.Option) (int, error)
	Error() (journal.Errno, error) // SO_ERROR
	SetLinger(on bool, seconds int) error
	Linger() (string, error)
	DropRST() error
	DropAll() error
	Dropped() int64
	DropNothing() error

	Look()
	Readable() bool
	Unread() int
	Destroy() error
	Dup() (duplicate, error)
	Epoll() (epoll, error)
	Background(f func()) pending
}

// duplicate is a second descriptor of a socket.
type duplicate interface {
	Write(b []byte) (int, error)
	Shutdown(h journal.How) error
	Close() error
}

// epoll watches one socket.
type epoll interface{ Wait() error }

// pending is calls that another thread makes.
type pending interface {
	Done() bool
	Blocked(how string) bool
	Interrupt()
}

// contender is a child that connects with its sockets, one after the other, to an address.
type contender struct {
	child   child
	sockets []socket
	to      netip.AddrPort
}

// child is a process of this program's that owns sockets.
type child interface {
	Write(s socket, b []byte) error
	WriteByGo(s socket, b []byte) error
	Sendmsg(s socket, b []byte, f journal.SendFlag) error
	Writev(s socket, b []byte) error
	Sendfile(s socket, b []byte) error
	Splice(s socket, b []byte) error
	Read(s socket, size int) error
	Shutdown(s socket, h journal.How) error
	Close(s socket) error
	EpollWait(s socket) error
	Accept(listener socket) (socket, error)
	LimitDescriptors(more int) error
	Exit(status int) error
	ExitNow(status int) error
	Kill(s journal.Signal) error
	Ended() bool
}

// command is another program that runs.
type command interface {
	PID() int
	Disposition() journal.Disposition
	Status() (status int, signal journal.Signal, ended bool)
	MaxRSS() int64
	Tree() ([]int, error)
	Ended() bool
	Terminate()
}
