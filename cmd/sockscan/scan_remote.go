package main

import (
	"cmp"
	"net/netip"

	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
)

// stuckRemote is what connections have in common that lead to the same place:
// the end that is the service, and on a server whom they come from. The other
// port was the kernel's choice and says nothing.
type stuckRemote struct {
	in      bool           // the service is here
	service netip.AddrPort // here or there
	peer    netip.Addr     // of a connection that came in
}

func (r stuckRemote) compare(o stuckRemote) int {
	direction := 0
	if r.in != o.in {
		direction = 1
		if o.in {
			direction = -1
		}
	}
	return cmp.Or(direction, r.service.Compare(o.service), r.peer.Compare(o.peer))
}

// stuckServices tell which end of a connection is the service, and who listens.
type stuckServices struct {
	low, high uint16                    // the ports that the kernel chooses for clients
	listeners map[netip.AddrPort]uint32 // inodes; of several that share a port, one
	ports     [1 << 16 / 64]uint64      // a bit for each port that somebody listens on
}

// maxStuckListeners bounds the listeners that are remembered by inode.
const maxStuckListeners = 1 << 16

// listener notes a socket that listens.
func (v *stuckServices) listener(s diag.Socket) {
	v.ports[s.Local.Port()/64] |= 1 << (s.Local.Port() % 64)
	if v.listeners == nil {
		v.listeners = map[netip.AddrPort]uint32{}
	}
	if len(v.listeners) < maxStuckListeners {
		v.listeners[s.Local] = uint32(s.Inode)
	}
}

// listens says whether somebody listens on a port, at whatever address.
func (v *stuckServices) listens(port uint16) bool { return v.ports[port/64]&(1<<(port%64)) != 0 }

// acceptor is the inode of the listener that has a connection in its queue, 0
// if it is not known.
func (v *stuckServices) acceptor(s *diag.Socket) uint32 {
	if inode, is := v.listeners[s.Local]; is {
		return inode
	}
	if inode, is := v.listeners[netip.AddrPortFrom(netip.IPv6Unspecified(), s.Local.Port())]; is && s.Family == diag.FamilyIPv6 {
		return inode
	}
	return v.listeners[netip.AddrPortFrom(netip.IPv4Unspecified(), s.Local.Port())]
}

// remoteOf finds the service's end: where somebody listens, or else where the
// port is none that the kernel chooses for clients.
func (v *stuckServices) remoteOf(s *diag.Socket) stuckRemote {
	local, remote := s.Local.Port(), s.Remote.Port()
	if v.listens(local) || !v.isClients(local) && v.isClients(remote) {
		peer := live.Scoped(netip.AddrPortFrom(s.Remote.Addr(), 0), s.Interface).Addr()
		return stuckRemote{in: true, service: live.Scoped(s.Local, s.Interface), peer: peer}
	}
	return stuckRemote{service: live.Scoped(s.Remote, s.Interface)}
}

// isClients says whether the kernel chooses a port for clients.
func (v *stuckServices) isClients(port uint16) bool { return v.low <= port && port <= v.high }
