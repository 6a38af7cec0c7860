package scenario

import (
	"net/netip"
	"syscall"

	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/sock"
)

// linuxStage carries the steps out on the running kernel.
type linuxStage struct{ *Run }

// host is one that the scenario has declared.
func (s *linuxStage) host(name string) *network.Host { return s.Run.Host(name).Host }

func (s *linuxStage) Own() bool { return s.table.OnThread() }

func (s *linuxStage) Ended() error {
	if s.OK() {
		return nil
	}
	return s.cut
}

func (s *linuxStage) Addr(host string) netip.Addr { return s.host(host).Addr }

func (s *linuxStage) Open(host string) (socket, error) {
	return asSocket(s.table.Open(s.host(host), sock.NonBlocking))
}

func (s *linuxStage) Set(host, name, value string) error {
	return s.host(host).Set(network.Setting{Name: name, Value: value})
}

func (s *linuxStage) Setting(host, name string) (string, error) { return s.host(host).Setting(name) }

func (s *linuxStage) List(host string, states ...string) error {
	return s.table.List(s.host(host), states...)
}

func (s *linuxStage) In(host string, f func() error) error { return s.host(host).In(f) }

func (s *linuxStage) Interrupted(err error) { s.stop(err) }

func (s *linuxStage) Record(e journal.Event) { s.rec.Add(e) }

func (s *linuxStage) Transfer(from, to socket, n int64) error {
	return s.Run.Transfer(kernels(from), kernels(to), n)
}

func (s *linuxStage) Spawn(d journal.Disposition, piped, sockets []socket) (child, error) {
	c, err := s.spawn(d, piped, sockets)
	if err != nil {
		return nil, err
	}
	return linuxChild{c}, nil
}

func (s *linuxStage) spawn(d journal.Disposition, piped, sockets []socket) (*sock.Child, error) {
	var all []*sock.Socket
	for _, x := range sockets {
		all = append(all, kernels(x))
	}
	if len(piped) > 0 {
		return s.table.SpawnPiped(d, kernels(piped[0]), kernels(piped[1]), all...)
	}
	return s.table.Spawn(d, all...)
}

func (s *linuxStage) Exec(path string, argv []string, standard socket) (command, error) {
	c, err := s.table.Exec(path, argv, kernels(standard))
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *linuxStage) Race(first, second func()) { sock.Race(first, second) }

func (s *linuxStage) Library(host, op string, args []string, f func() (out string, err error)) (done func() bool) {
	return s.Run.Host(host).Foreign(op, args, f)
}

func (s *linuxStage) SetOn(c syscall.RawConn, o journal.Option, value int) error {
	return sock.SetOn(c, o, value)
}

func (s *linuxStage) ResetOnClose(c syscall.RawConn) error { return sock.ResetOnClose(c) }

// linuxSocket is a socket of the running kernel. What follows is what returns, or is
// given, another.
type linuxSocket struct{ *sock.Socket }

func asSocket(s *sock.Socket, err error) (socket, error) {
	if err != nil {
		return nil, err
	}
	return linuxSocket{s}, nil
}

func kernels(s socket) *sock.Socket { return s.(linuxSocket).Socket }

func (s linuxSocket) Accept() (socket, error) { return asSocket(s.Socket.Accept()) }

func (s linuxSocket) Queued(client socket) socket {
	return linuxSocket{s.Socket.Queued(kernels(client))}
}

func (s linuxSocket) IsPeerOf(o socket) bool { return s.Socket.IsPeerOf(kernels(o)) }

func (s linuxSocket) Dup() (duplicate, error) {
	d, err := s.Socket.Dup()
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (s linuxSocket) Epoll() (epoll, error) {
	e, err := s.Socket.Epoll()
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (s linuxSocket) Background(f func()) pending { return s.Socket.Background(f) }

// linuxChild is a child with the sockets of the running kernel.
type linuxChild struct{ *sock.Child }

func (c linuxChild) Write(s socket, b []byte) error     { return c.Child.Write(kernels(s), b) }
func (c linuxChild) WriteByGo(s socket, b []byte) error { return c.Child.WriteByGo(kernels(s), b) }
func (c linuxChild) Writev(s socket, b []byte) error    { return c.Child.Writev(kernels(s), b) }
func (c linuxChild) Sendfile(s socket, b []byte) error  { return c.Child.Sendfile(kernels(s), b) }
func (c linuxChild) Splice(s socket, b []byte) error    { return c.Child.Splice(kernels(s), b) }
func (c linuxChild) Read(s socket, size int) error      { return c.Child.Read(kernels(s), size) }
func (c linuxChild) Close(s socket) error               { return c.Child.Close(kernels(s)) }
func (c linuxChild) EpollWait(s socket) error           { return c.Child.EpollWait(kernels(s)) }

func (c linuxChild) Sendmsg(s socket, b []byte, f journal.SendFlag) error {
	return c.Child.Sendmsg(kernels(s), b, f)
}

func (c linuxChild) SetLinger(s socket, on bool, seconds int) error {
	return c.Child.SetLinger(kernels(s), on, seconds)
}

func (c linuxChild) Shutdown(s socket, h journal.How) error {
	return c.Child.Shutdown(kernels(s), h)
}

func (c linuxChild) Accept(listener socket) (socket, error) {
	s, err := c.Child.Accept(kernels(listener))
	if err != nil || s == nil {
		return nil, err
	}
	return linuxSocket{s}, nil
}
