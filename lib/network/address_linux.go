package network

import (
	"encoding/binary"
	"net/netip"

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

// loopbackIndex is the index of lo in every namespace (LOOPBACK_IFINDEX in
// include/net/flow.h).
const loopbackIndex = 1

// queueLen is how many packets a TUN keeps before it drops: its default of 500
// would drop in bulk, where a full window of 1,500-byte packets is 4,000. Much
// more costs time whenever an interface comes up: 0.4 ms at 100,000.
const queueLen = 10_000

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

// router brings up the interfaces, addresses, routes and rules of a host on
// the wire.
type router struct {
	*rtnetlink
	index    int // of the wire's interface
	addr     netip.Addr
	quickack bool
}

// configure gathers, and sends at once, what makes a host reachable on the
// wire; with self, also by itself.
func (r *router) configure(mtu int, prefix netip.Prefix, self bool) error {
	r.up("lo", loopbackIndex)
	attrs := []attr{{unix.IFLA_TXQLEN, u32(queueLen)}}
	if mtu > 0 {
		attrs = append(attrs, attr{unix.IFLA_MTU, u32(uint32(mtu))})
	}
	r.up("the wire's interface", r.index, attrs...)
	r.address()
	if r.addr.Is6() {
		// The kernel adds this route too, but from a work queue (addrconf_dad_work in
		// net/ipv6/addrconf.c), even without duplicate address detection. A run begun
		// before would lose its first SYNs.
		r.route(netip.PrefixFrom(r.addr, r.addr.BitLen()), unix.RT_TABLE_LOCAL, unix.RTN_LOCAL)
	}
	r.route(prefix, unix.RT_TABLE_MAIN, unix.RTN_UNICAST)
	if self {
		r.toSelf()
	}
	return r.send()
}

// up brings up an interface.
func (r *router) up(what string, index int, attrs ...attr) {
	header := make([]byte, unix.SizeofIfInfomsg) // struct ifinfomsg: family, pad, type, index, flags, change
	binary.NativeEndian.PutUint32(header[4:], uint32(index))
	binary.NativeEndian.PutUint32(header[8:], unix.IFF_UP)
	binary.NativeEndian.PutUint32(header[12:], unix.IFF_UP)
	r.change("bring up "+what, unix.RTM_NEWLINK, 0, header, attrs...)
}

// address gives the wire's interface its address; for IPv6 without duplicate
// address detection, which would hold it back for a second.
func (r *router) address() {
	flags := byte(0)
	if r.addr.Is6() {
		flags = unix.IFA_F_NODAD
	}
	// struct ifaddrmsg: family, prefix length, flags, scope, index.
	header := append([]byte{addressFamily(r.addr), byte(r.addr.BitLen()), flags, unix.RT_SCOPE_UNIVERSE}, u32(uint32(r.index))...)
	a := r.addr.AsSlice()
	r.change("add address "+r.addr.String(), unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, header,
		attr{unix.IFA_LOCAL, a}, attr{unix.IFA_ADDRESS, a})
}

// route sends a prefix to the wire, or (RTN_LOCAL) takes what comes from it. With quickack every segment is acknowledged
// at once: an ACK may else be delayed by 40 ms (ip-route(8)).
func (r *router) route(to netip.Prefix, table, kind byte) {
	scope := byte(unix.RT_SCOPE_LINK)
	if r.addr.Is6() {
		scope = unix.RT_SCOPE_UNIVERSE // IPv6 has no other
	}
	// struct rtmsg: family, lengths of destination and source, tos, table, protocol, scope, type, flags.
	header := append([]byte{addressFamily(r.addr), byte(to.Bits()), 0, 0, table, unix.RTPROT_BOOT, scope, kind}, u32(0)...)
	attrs := []attr{{unix.RTA_DST, to.Addr().AsSlice()}, {unix.RTA_OIF, u32(uint32(r.index))}}
	if r.quickack {
		attrs = append(attrs, attr{unix.RTA_METRICS, nested(attr{unix.RTAX_QUICKACK, u32(1)})})
	}
	r.change("add route "+to.String(), unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, header, attrs...)
}

// toSelf sends what the host sends itself to the wire as well: the local table,
// which would answer first, is moved behind a rule for what originates here.
func (r *router) toSelf() {
	self := netip.PrefixFrom(r.addr, r.addr.BitLen())
	r.route(self, selfTable, unix.RTN_UNICAST)
	r.rule("add the rule for what goes to itself", unix.RTM_NEWRULE, 10, selfTable, byte(self.Bits()),
		attr{unix.FRA_DST, r.addr.AsSlice()}, attr{unix.FRA_IIFNAME, text("lo")})
	r.rule("add the rule for the local table", unix.RTM_NEWRULE, 100, unix.RT_TABLE_LOCAL, 0)
	r.rule("delete the first rule", unix.RTM_DELRULE, 0, unix.RT_TABLE_LOCAL, 0)
}

// rule adds or deletes a routing rule (ip-rule(8)).
func (r *router) rule(what string, kind uint16, priority uint32, table, dstLen byte, attrs ...attr) {
	flags := 0
	if kind == unix.RTM_NEWRULE {
		flags = unix.NLM_F_CREATE | unix.NLM_F_EXCL
	}
	// struct fib_rule_hdr: family, lengths of destination and source, tos, table, two reserved, action, flags.
	header := append([]byte{addressFamily(r.addr), dstLen, 0, 0, table, 0, 0, unix.FR_ACT_TO_TBL}, u32(0)...)
	r.change(what, kind, flags, header, append([]attr{{unix.FRA_PRIORITY, u32(priority)}}, attrs...)...)
}
