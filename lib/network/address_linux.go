package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// The wire's addresses are the documentation prefixes (RFC 5737, RFC 3849), so
// that evidence from it names no one's machines.
var (
	wirePrefix4 = netip.MustParsePrefix("192.0.2.0/24")
	wirePrefix6 = netip.MustParsePrefix("2001:db8::/64")
)

// selfTable is the routing table through which a host reaches itself over the wire.
const selfTable = 100

// localRouteWait bounds the wait for IPv6's local route.
const localRouteWait = 2 * time.Second

// wirePrefix is the prefix of the wire's addresses.
func wirePrefix(f journal.Family) netip.Prefix {
	if f == journal.IPv6 {
		return wirePrefix6
	}
	return wirePrefix4
}

// wireAddr is the address of the n-th host on the wire, counting from 1.
func wireAddr(f journal.Family, n int) netip.Addr {
	a := wirePrefix(f).Addr()
	for range n {
		a = a.Next()
	}
	return a
}

// router changes addresses, routes and rules of the calling thread's namespace.
type router struct {
	h      *netlink.Handle
	family int
	index  int // of the wire's interface
	addr   netip.Addr
}

func newRouter(f journal.Family, index int, addr netip.Addr) (*router, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("socket(AF_NETLINK, NETLINK_ROUTE): %w", err)
	}
	r := &router{h: h, family: unix.AF_INET, index: index, addr: addr}
	if f == journal.IPv6 {
		r.family = unix.AF_INET6
	}
	return r, nil
}

func (r *router) close() { r.h.Close() }

// queueLen is how many packets a TUN keeps before it drops: its default of 500
// would drop in bulk.
const queueLen = 100_000

// queue sets how many packets the wire's interface keeps. The ioctl for it is
// refused inside a user namespace.
func (r *router) queue(n int) error {
	link := &netlink.GenericLink{LinkAttrs: netlink.LinkAttrs{Index: r.index}}
	if err := r.h.LinkSetTxQLen(link, n); err != nil {
		return fmt.Errorf("set the queue length of the wire's interface: %w", err)
	}
	return nil
}

// address gives the wire's interface its address; for IPv6 without duplicate
// address detection, which would hold it back for a second.
func (r *router) address() error {
	a := &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(r.addr, r.addr.BitLen())), LinkIndex: r.index}
	if r.addr.Is6() {
		a.Flags = unix.IFA_F_NODAD
	}
	if err := r.h.AddrAdd(nil, a); err != nil {
		return fmt.Errorf("add address %s: %w", r.addr, err)
	}
	return nil
}

// route sends the wire's prefix to the wire. quickack makes every segment
// acknowledged at once: a first ACK may else be delayed by 40 ms (ip-route(8)).
func (r *router) route(to netip.Prefix, table int) error {
	err := r.h.RouteAdd(&netlink.Route{
		LinkIndex: r.index, Dst: ipNet(to), Table: table, Scope: netlink.SCOPE_LINK,
		Family: r.family, QuickACK: 1,
	})
	if err != nil {
		return fmt.Errorf("add route %s: %w", to, err)
	}
	return nil
}

// toSelf sends what the host sends itself to the wire as well: the local table,
// which would answer first, is moved behind a rule for what originates here.
func (r *router) toSelf() error {
	if err := r.route(netip.PrefixFrom(r.addr, r.addr.BitLen()), selfTable); err != nil {
		return err
	}
	self := r.rule(10, selfTable)
	self.IifName = "lo"
	self.Dst = ipNet(netip.PrefixFrom(r.addr, r.addr.BitLen()))
	if err := r.h.RuleAdd(self); err != nil {
		return fmt.Errorf("add rule for what goes to %s: %w", r.addr, err)
	}
	if err := r.h.RuleAdd(r.rule(100, unix.RT_TABLE_LOCAL)); err != nil {
		return fmt.Errorf("add rule for the local table: %w", err)
	}
	if err := r.h.RuleDel(r.rule(0, unix.RT_TABLE_LOCAL)); err != nil {
		return fmt.Errorf("delete the first rule: %w", err)
	}
	return nil
}

func (r *router) rule(priority, table int) *netlink.Rule {
	rule := netlink.NewRule()
	rule.Family, rule.Priority, rule.Table = r.family, priority, table
	return rule
}

// awaitLocal waits until the kernel delivers packets to the address. IPv6 adds
// that route asynchronously, even without duplicate address detection, and a
// run begun before would lose its first SYNs.
func (r *router) awaitLocal() error {
	if !r.addr.Is6() {
		return nil
	}
	deadline := time.Now().Add(localRouteWait)
	for {
		local, err := r.isLocal()
		if local {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the kernel has no local route to %s after %v: %w", r.addr, localRouteWait, err)
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// errNotLocal is that a route exists, but leads elsewhere.
var errNotLocal = errors.New("the route is not local")

// isLocal asks for the local table's own entry: asking for the route to the
// address would be answered by the rule for what the host sends itself.
func (r *router) isLocal() (bool, error) {
	routes, err := r.h.RouteListFiltered(r.family,
		&netlink.Route{Table: unix.RT_TABLE_LOCAL, Dst: ipNet(netip.PrefixFrom(r.addr, r.addr.BitLen()))},
		netlink.RT_FILTER_TABLE|netlink.RT_FILTER_DST)
	if err != nil {
		return false, err
	}
	for _, route := range routes {
		if route.Type == unix.RTN_LOCAL {
			return true, nil
		}
	}
	return false, errNotLocal
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
