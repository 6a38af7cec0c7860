package network

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// wireInterface is the name of a host's interface on the wire.
const wireInterface = "w0"

// Options say what stage to set.
type Options struct {
	Kind   journal.Network
	Family journal.Family
	Hosts  []string // their names, in the order of their addresses
	ToSelf bool     // what a host sends itself passes the wire too; always so where there is but one
	MTU    int      // of the wire in bytes; 0: 1500
	// DelayedACK leaves it to the kernel when to acknowledge; else every segment
	// on the wire is acknowledged at once.
	DelayedACK bool
	NoTUN      error // the wire goes over veth pairs, for this reason; nil: where no TUN can be opened
	Recorder   *journal.Recorder
}

// Network is a stage that has been set.
type Network struct {
	Kind   journal.Network
	Family journal.Family
	Hosts  []*Host

	// NoTUN is why the wire goes over veth pairs; nil: it does not.
	NoTUN error

	rec  *journal.Recorder
	ends *Namespace // of the veth pairs' other ends; nil: there are none
}

// Host is an endpoint with its own stack, or on loopback and host, with its
// own name on a stack it shares.
type Host struct {
	Name string
	Addr netip.Addr
	// TUN is the descriptor of its end of the wire; -1 elsewhere.
	TUN int
	// Veth is its end of the wire instead, where no TUN can be opened; nil elsewhere.
	Veth *Veth

	net *Network
	ns  *Namespace // nil: the stack the thread is in anyway
}

// Open sets the stage for one run. The calling goroutine must own its thread
// (OnThread): the thread's network namespace is changed. What cannot be had is
// an *Unavailable.
func Open(o Options) (*Network, error) {
	n := &Network{Kind: o.Kind, Family: o.Family, NoTUN: o.NoTUN, rec: o.Recorder}
	var err error
	switch o.Kind {
	case journal.Wire:
		err = n.openWire(o)
	case journal.Loopback:
		err = n.openLoopback(o)
	default:
		err = n.openHost(o)
	}
	if err != nil {
		n.Close()
		return nil, unavailable(o.Kind, err)
	}
	return n, nil
}

// openWire makes a namespace for each host, with a TUN in it.
func (n *Network) openWire(o Options) error {
	for i, name := range o.Hosts {
		h := &Host{Name: name, Addr: wireAddr(o.Family, i+1), TUN: -1, net: n}
		n.Hosts = append(n.Hosts, h)
		if err := h.openOnWire(o, o.ToSelf || len(o.Hosts) == 1); err != nil {
			return err
		}
	}
	return nil
}

// openDevice makes a host's end of the wire: a TUN, or a veth pair where none can be opened.
func (h *Host) openDevice(mtu int) (err error) {
	n := h.net
	if n.NoTUN == nil {
		if h.TUN, err = openTUN(wireInterface); err == nil {
			return nil
		}
		n.NoTUN = err
	}
	if err := h.openVeth(mtu); err != nil {
		return fmt.Errorf("%w; nor a veth pair: %w", n.NoTUN, err)
	}
	return nil
}

func (h *Host) openOnWire(o Options, self bool) (err error) {
	if h.ns, err = newNamespace(); err != nil {
		return err
	}
	if err := withoutOther(o.Family); err != nil {
		return err
	}
	if err := h.makeSettings(selfSettings(o.Family, self)); err != nil {
		return err
	}
	if err := h.openDevice(o.MTU); err != nil {
		return err
	}
	index, err := interfaceIndex(wireInterface)
	if err != nil {
		return err
	}
	n, err := openRtnetlink()
	if err != nil {
		return err
	}
	defer n.close()
	r := &router{rtnetlink: n, index: index, addr: h.Addr, quickack: !o.DelayedACK}
	return r.configure(o.MTU, wirePrefix(o.Family), self)
}

// privateSettings are made in every private namespace.
var privateSettings = []Setting{
	// What this machine has chosen would be inherited (tcp_set_default_congestion_control in
	// net/ipv4/tcp_ipv4.c), and BBR paces: what was written is not sent at once. Reno is in every
	// kernel, and open to everyone.
	{"net.ipv4.tcp_congestion_control", "reno"},
	// Connections that were closed and never answered pin a namespace: they are given up after
	// three retransmissions, not eight. Fewer would give up those of a program that was stopped
	// for a second.
	{"net.ipv4.tcp_orphan_retries", "3"},
}

// selfSettings are made before the wire's interface exists, by way of the
// defaults that it inherits, so that it never sends what nobody asked for.
func selfSettings(f journal.Family, self bool) []Setting {
	s := privateSettings
	if f == journal.IPv6 {
		s = append(s[:len(s):len(s)],
			Setting{"net.ipv6.conf.default.accept_dad", "0"},
			Setting{"net.ipv6.conf.default.router_solicitations", "0"})
	} else if self {
		// A packet whose source is the host's own address is else a martian.
		s = append(s[:len(s):len(s)],
			Setting{"net.ipv4.conf.all.rp_filter", "0"},
			Setting{"net.ipv4.conf.default.rp_filter", "0"},
			Setting{"net.ipv4.conf.default.accept_local", "1"})
	}
	return s
}

// noIPv6 keeps a namespace's interfaces from having an IPv6 address, those that are
// there and those that come: the kernel makes the default of what is set for all
// (addrconf_disable_ipv6). So nothing asks for routers or reports multicast groups.
const noIPv6 = "net.ipv6.conf.all.disable_ipv6"

// withoutOther leaves the thread's namespace, which is new, with IPv4 alone in a run of
// IPv4. Like its having no other interfaces this is part of what a private namespace
// is: no scenario sets it, and no verdict depends on it, so it is not journalled.
func withoutOther(f journal.Family) error {
	if f == journal.IPv6 {
		return nil
	}
	return withoutIPv6()
}

func withoutIPv6() error {
	err := os.WriteFile(sysctlPath(noIPv6), []byte("1"), 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel may have no IPv6
		return fmt.Errorf("%s = 1: %w", noIPv6, err)
	}
	return nil
}

func (h *Host) makeSettings(s []Setting) error {
	for _, s := range s {
		if err := h.set(s); err != nil {
			return err
		}
	}
	return nil
}

// openLoopback makes one private namespace, in which all hosts live on lo.
func (n *Network) openLoopback(o Options) error {
	ns, err := newNamespace()
	if err != nil {
		return err
	}
	for _, name := range o.Hosts {
		n.Hosts = append(n.Hosts, &Host{Name: name, Addr: loopbackAddr(o.Family), TUN: -1, net: n, ns: ns})
	}
	if err := withoutOther(o.Family); err != nil {
		return err
	}
	if err := n.Hosts[0].makeSettings(privateSettings); err != nil {
		return err
	}
	nl, err := openRtnetlink()
	if err != nil {
		return err
	}
	defer nl.close()
	r := &router{rtnetlink: nl}
	r.up("lo", loopbackIndex)
	if err := r.send(); err != nil {
		return err
	}
	return awaitBindable(loopbackAddr(o.Family), bindableWait)
}

// openHost takes the caller's own stack as it is.
func (n *Network) openHost(o Options) error {
	for _, name := range o.Hosts {
		n.Hosts = append(n.Hosts, &Host{Name: name, Addr: loopbackAddr(o.Family), TUN: -1, net: n})
	}
	if err := loIsUp(); err != nil {
		return err
	}
	return awaitBindable(loopbackAddr(o.Family), 0)
}

func loopbackAddr(f journal.Family) netip.Addr {
	if f == journal.IPv6 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// enter puts the calling thread into the host's namespace.
func (h *Host) enter() error {
	if h.ns == nil {
		return nil
	}
	return h.ns.Enter()
}

// In runs f with the calling thread, which must be the run's, in the host's
// namespace: what f opens there stays there. The thread remains in it.
func (h *Host) In(f func() error) error {
	if err := h.enter(); err != nil {
		return err
	}
	return f()
}

// Host returns the host of that name; nil if there is none.
func (n *Network) Host(name string) *Host {
	for _, h := range n.Hosts {
		if h.Name == name {
			return h
		}
	}
	return nil
}

// Close lets go of everything the network made. Its namespaces end with the
// last socket in them and with the run's thread.
func (n *Network) Close() {
	closed := map[*Namespace]bool{}
	for _, h := range n.Hosts {
		if h.TUN >= 0 {
			_ = unix.Close(h.TUN) // detaches; nothing is lost by a failure
			h.TUN = -1
		}
		h.Veth.close()
		if h.ns != nil && !closed[h.ns] {
			_ = h.ns.Close()
			closed[h.ns] = true
		}
	}
	if n.ends != nil {
		_ = n.ends.Close()
	}
}

// At is the host's address with a port.
func (h *Host) At(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.Addr, port) }
