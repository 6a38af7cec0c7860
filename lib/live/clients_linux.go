package live

import (
	"net/netip"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// Clients is sight of the other ends of a server's connections, where these are on the
// same machine, by the sock_diag of one network namespace.
type Clients struct {
	conn     *diag.Conn
	ends     *diag.Ends // nil: they are not listened to
	followed uint64     // a socket's cookie
	ended    *diag.Socket
}

// OpenClients opens it in the calling thread's namespace.
func OpenClients() (*Clients, error) {
	conn, err := diag.Open()
	if err != nil {
		return nil, err
	}
	return &Clients{conn: conn}, nil
}

// Close ends it.
func (c *Clients) Close() {
	_ = c.conn.Close() // it was only read from
	if c.ends != nil {
		_ = c.ends.Close() // likewise
	}
}

// Follow begins to listen for the end of a socket, in the calling thread's namespace; of one at a
// time.
func (c *Clients) Follow(s diag.Socket) (err error) {
	if c.ends == nil {
		if c.ends, err = diag.OpenEnds(); err != nil {
			return err
		}
	}
	c.followed, c.ended = s.Cookie, nil
	return nil
}

// Ended is the socket that is followed as it was when the kernel destroyed it; false: it has not,
// or that was not told.
func (c *Clients) Ended() (s diag.Socket, told bool) {
	if c.ends == nil {
		return s, false
	}
	_ = c.ends.Next(0, func(d diag.Destroyed) {
		if d.Cookie == c.followed {
			c.ended = &d.Socket
		}
	}) // what cannot be read is not told
	if c.ended == nil {
		return s, false
	}
	return *c.ended, true
}

// Find finds a client by its own address and the server's; false: it is not there, or
// not to be seen.
func (c *Clients) Find(client, server netip.AddrPort) (diag.Socket, bool) {
	s, found, err := c.conn.Lookup(client, server)
	return s, found && err == nil
}

// To lists the sockets that are connected, or connecting, to an address.
func (c *Clients) To(server netip.AddrPort) (all []diag.Socket) {
	_ = Families(c.conn, diag.Filter{RemotePort: server.Port()}, func(s diag.Socket) {
		if s.Remote == server {
			all = append(all, s)
		}
	}) // what a dump that was interrupted missed is seen in the next
	return all
}

// Listens is the inode of the socket that listens at an address, or for its port on all of
// the machine's; 0: none is seen to.
func (c *Clients) Listens(at netip.AddrPort) (inode uint64) {
	_ = Families(c.conn, diag.Filter{LocalPort: at.Port(), States: 1 << tcpstate.Listen}, func(s diag.Socket) {
		if s.Local.Addr() == at.Addr() || s.Local.Addr().IsUnspecified() {
			inode = s.Inode
		}
	}) // what a dump that was interrupted missed is seen in the next
	return inode
}

// HeldBy is which of some processes holds a descriptor of a socket; false: none that can
// be looked at does. The error is why one could not be, other than that it may not.
func HeldBy(inode uint64, pids []int) (o Owner, held bool, err error) {
	var all []Owner
	w := holdersWalk(inode, &all)
	for _, pid := range pids {
		if w.passed(w.process(pid)); len(all) > 0 {
			return all[0], true, nil
		}
	}
	return Owner{}, false, w.failed
}

// HoldersOf lists those of some processes that are seen to hold a descriptor of a socket.
func HoldersOf(inode uint64, pids []int) (all []Owner) {
	w := holdersWalk(inode, &all)
	for _, pid := range pids {
		w.passed(w.process(pid))
	}
	return all
}

// holdersWalk collects a socket's holders, each once.
func holdersWalk(inode uint64, all *[]Owner) walk {
	return walk{
		links: linkReader{wanted: func(i uint64) bool { return i == inode && inode != 0 }},
		held: func(_ uint64, _ int, by Owner) {
			if n := len(*all); n == 0 || (*all)[n-1] != by { // a process's descriptors come one after the other
				*all = append(*all, by)
			}
		},
	}
}
