// Package privacy finds what names a machine or its users in texts, and puts something
// else in its place.
package privacy

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Names are what a machine and its users are called: what evidence must not say.
type Names struct {
	Hosts []string
	Users []string
	Homes []string // the users' folders, absolute
}

// common are names that tell nobody from anybody else.
var common = []string{"root", "nobody", "localhost", "localdomain", "user"}

// isNumber says whether a name is one, which then names nobody.
func isNumber(name string) bool {
	return strings.Trim(name, "0123456789") == ""
}

// isAddress says whether a name is one, which is replaced as such.
func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// Mask replaces names and addresses: the same by the same everywhere, so that what was
// equal stays equal.
type Mask struct {
	Times int // that something was replaced

	names   []replacement // the longest first
	addrs   map[netip.Addr]netip.Addr
	given   [2]int // addresses given away, of IPv4 and IPv6
	counted map[Replaced]int
	order   []Replaced
	keeps   bool // names and addresses are not replaced
}

// Replaced is one thing that was replaced, everywhere.
type Replaced struct {
	What  string `json:"what"` // address, host name, user name, path, payload, …
	With  string `json:"with"`
	Times int    `json:"times"`
}

// replacement is a name and what it is replaced with.
type replacement struct{ what, name, with string }

// shortest is how many letters a name must have to be looked for: what is shorter
// is a word of many meanings.
const shortest = 2

// New looks for names, those aside that are words of the report's own: who
// calls a machine "server" has told nobody which, and the words of a report are
// what its verdicts are made of.
func New(n *Names, own map[string]bool) *Mask {
	m := &Mask{addrs: map[netip.Addr]netip.Addr{}, counted: map[Replaced]int{}, keeps: n == nil}
	if n == nil {
		return m
	}
	add := func(what, with string, names []string) {
		for i, name := range names {
			if len(name) < shortest || isNumber(name) || isAddress(name) || own[strings.ToLower(name)] ||
				slices.ContainsFunc(common, func(c string) bool { return strings.EqualFold(c, name) }) {
				continue
			}
			m.names = append(m.names, replacement{what, name, fmt.Sprintf(with, i+1)})
		}
	}
	add("host name", "host-%d", n.Hosts)
	add("user name", "user-%d", n.Users)
	for _, h := range n.Homes {
		if strings.Count(h, "/") >= 2 {
			m.names = append(m.names, replacement{"home folder", h, "~"})
		}
	}
	slices.SortStableFunc(m.names, func(a, b replacement) int { return cmp.Compare(len(b.name), len(a.name)) })
	return m
}

// Count notes that something was replaced.
func (m *Mask) Count(what, with string) {
	k := Replaced{What: what, With: with}
	if m.counted[k] == 0 {
		m.order = append(m.order, k)
	}
	m.counted[k]++
	m.Times++
}

// Replaced lists what was replaced, in the order in which it was met.
func (m *Mask) Replaced() []Replaced {
	all := []Replaced{}
	for _, k := range m.order {
		all = append(all, Replaced{k.What, k.With, m.counted[k]})
	}
	return all
}

// Words replaces paths and names in a text.
func (m *Mask) Words(s string) string {
	if m.keeps {
		return s
	}
	s = eachPath(s, m.path)
	for _, n := range m.names {
		s = eachWord(s, n.name, func(string) string {
			m.Count(n.what, n.with)
			return n.with
		})
	}
	return s
}

// path reduces a path to its base name; a home folder has none to show.
func (m *Mask) path(path string) string {
	for _, n := range m.names {
		if n.name == strings.TrimRight(path, "/") {
			return path // it is replaced as a name
		}
	}
	reduced := reducePath(path)
	if reduced != path {
		m.Count("path", "its base name")
	}
	return reduced
}

// Text replaces addresses too.
func (m *Mask) Text(s string) string {
	if m.keeps {
		return s
	}
	return eachAddress(m.Words(s), func(a netip.Addr, as string) string {
		if isNobodys(a) {
			return as
		}
		return m.Addr(a).String()
	})
}

// documentation are the addresses of the wire.
var documentation = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/64")}

// isNobodys says whether an address names no machine.
func isNobodys(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a.IsUnspecified() || slices.ContainsFunc(documentation, func(p netip.Prefix) bool { return p.Contains(a) })
}

// The addresses given instead: of the documentation's, those that the wire does
// not use (RFC 5737, RFC 3849).
var (
	givenIPv4 = netip.MustParseAddr("198.51.100.0")
	givenIPv6 = netip.MustParseAddr("2001:db8:ffff::")
)

// Addr is what an address is replaced with.
func (m *Mask) Addr(a netip.Addr) netip.Addr {
	if m.keeps || isNobodys(a) {
		return a
	}
	to, ok := m.addrs[a]
	if !ok {
		to = m.nextAddr(a.Unmap().Is4())
		if a.Is4In6() {
			to = netip.AddrFrom16(to.As16())
		}
		m.addrs[a] = to
	}
	m.Count("address", to.String())
	return to
}

func (m *Mask) nextAddr(ipv4 bool) netip.Addr {
	if ipv4 {
		m.given[0]++
		b := givenIPv4.As4()
		n := int(b[2])<<8 + int(b[3]) + m.given[0]
		b[2], b[3] = byte(n>>8), byte(n)
		return netip.AddrFrom4(b)
	}
	m.given[1]++
	b := givenIPv6.As16()
	b[14], b[15] = byte(m.given[1]>>8), byte(m.given[1])
	return netip.AddrFrom16(b)
}

// filler takes a name's place where lengths must not change.
const filler = 'x'

// Fill replaces names and addresses in what users' own programs sent, without changing
// its length.
func (m *Mask) Fill(b []byte) []byte {
	if m.keeps || len(b) == 0 {
		return b
	}
	for _, n := range m.names {
		if !bytes.Contains(bytes.ToLower(b), bytes.ToLower([]byte(n.name))) {
			continue
		}
		b = []byte(eachWord(string(b), n.name, func(found string) string {
			m.Count(n.what, "as many letters "+string(filler)+", in what was sent")
			return strings.Repeat(string(filler), len(found))
		}))
	}
	return []byte(eachAddress(string(b), func(a netip.Addr, as string) string {
		if isNobodys(a) {
			return as
		}
		m.Count("address, in what was sent", "as many letters "+string(filler))
		return strings.Repeat(string(filler), len(as))
	}))
}
