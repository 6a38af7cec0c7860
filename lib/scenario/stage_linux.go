package scenario

import (
	"net/netip"
	"syscall"

	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/sock"
)

// host is one that the scenario has declared.
func (r *run) host(name string) *network.Host {
	h := r.net.Host(name)
	if h == nil {
		panic("scenario without host " + name) // a mistake in the scenario's declaration
	}
	return h
}

func (r *run) Own() bool { return r.table.OnThread() }

func (r *run) Addr(host string) netip.Addr { return r.host(host).Addr }

func (r *run) Open(host string) (socket, error) {
	return asSocket(r.table.Open(r.host(host)))
}

func (r *run) OpenDatagrams(host string) (socket, error) {
	return asSocket(r.table.OpenDatagrams(r.host(host)))
}

func (r *run) Set(host, name, value string) error {
	return r.host(host).Set(network.Setting{Name: name, Value: value})
}

func (r *run) Setting(host, name string) (string, error) {
	return r.host(host).Setting(name, r.cond.Caller[name])
}

func (r *run) List(host string, states ...string) error {
	return r.table.List(r.host(host), states...)
}

func (r *run) In(host string, f func() error) error { return r.host(host).In(f) }

func (r *run) Spawn(d journal.Disposition, piped, sockets []socket) (child, error) {
	c, err := r.spawn(d, piped, sockets)
	if err != nil {
		return nil, err
	}
	return linuxChild{c}, nil
}

func (r *run) Contend(both [2]contender) error {
	var all [2]sock.Contender
	for i, x := range both {
		all[i] = sock.Contender{Child: x.child.(linuxChild).Child, To: x.to}
		for _, s := range x.sockets {
			all[i].Sockets = append(all[i].Sockets, kernels(s))
		}
	}
	return r.table.Contend(all[0], all[1])
}

func (r *run) spawn(d journal.Disposition, piped, sockets []socket) (*sock.Child, error) {
	var all []*sock.Socket
	for _, x := range sockets {
		all = append(all, kernels(x))
	}
	if len(piped) > 0 {
		return r.table.SpawnPiped(d, kernels(piped[0]), kernels(piped[1]), all...)
	}
	return r.table.Spawn(d, all...)
}

func (r *run) Exec(host string, p Program) (command, error) {
	of := sock.Program{Path: p.Path, Argv: p.Argv, Env: p.Env, Files: p.Files}
	if p.Standard != nil {
		of.Standard = kernels(p.Standard.s)
	}
	c, err := r.table.Exec(r.host(host).Name, of)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (r *run) Race(first, second func()) { sock.Race(first, second) }

func (r *run) SetOn(c syscall.RawConn, o journal.Option, value int) error {
	return sock.SetOn(c, o, value)
}

func (r *run) ResetOnClose(c syscall.RawConn) error { return sock.ResetOnClose(c) }

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
