package evidence

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/report"
)

// redactor replaces what names a machine or its users: the same by the same
// everywhere, so that what was equal stays equal and verdicts do not change.
type redactor struct {
	names   []replacement // the longest first
	addrs   map[netip.Addr]netip.Addr
	given   [2]int // addresses given away, of IPv4 and IPv6
	counted map[Replaced]int
	order   []Replaced
	times   int // that something was replaced

	keepsNames   bool // --no-redact
	theirs       bool // users' own programs sent what was sent
	hidesPayload bool
}

// replacement is a name and what it is replaced with.
type replacement struct{ what, name, with string }

// shortest is how many letters a name must have to be looked for: what is shorter
// is a word of many meanings.
const shortest = 2

// newRedactor looks for names, those aside that are words of the report's own: who
// calls a machine "server" has told nobody which, and the words of a report are
// what its verdicts are made of.
func newRedactor(n *Names, own map[string]bool) *redactor {
	r := &redactor{addrs: map[netip.Addr]netip.Addr{}, counted: map[Replaced]int{}, keepsNames: n == nil}
	if n == nil {
		return r
	}
	add := func(what, with string, names []string) {
		for i, name := range names {
			if len(name) < shortest || isNumber(name) || isAddress(name) || own[strings.ToLower(name)] ||
				slices.ContainsFunc(common, func(c string) bool { return strings.EqualFold(c, name) }) {
				continue
			}
			r.names = append(r.names, replacement{what, name, fmt.Sprintf(with, i+1)})
		}
	}
	add("host name", "host-%d", n.Hosts)
	add("user name", "user-%d", n.Users)
	for _, h := range n.Homes {
		if strings.Count(h, "/") >= 2 {
			r.names = append(r.names, replacement{"home folder", h, "~"})
		}
	}
	slices.SortStableFunc(r.names, func(a, b replacement) int { return cmp.Compare(len(b.name), len(a.name)) })
	return r
}

// count notes that something was replaced.
func (r *redactor) count(what, with string) {
	k := Replaced{What: what, With: with}
	if r.counted[k] == 0 {
		r.order = append(r.order, k)
	}
	r.counted[k]++
	r.times++
}

// replaced lists what was replaced, in the order in which it was met.
func (r *redactor) replaced() []Replaced {
	all := []Replaced{}
	for _, k := range r.order {
		all = append(all, Replaced{k.What, k.With, r.counted[k]})
	}
	return all
}

// words replaces paths and names in a text.
func (r *redactor) words(s string) string {
	if r.keepsNames {
		return s
	}
	s = eachPath(s, r.path)
	for _, n := range r.names {
		s = eachWord(s, n.name, func(string) string {
			r.count(n.what, n.with)
			return n.with
		})
	}
	return s
}

// path reduces a path to its base name; a home folder has none to show.
func (r *redactor) path(path string) string {
	for _, n := range r.names {
		if n.name == strings.TrimRight(path, "/") {
			return path // it is replaced as a name
		}
	}
	reduced := reducePath(path)
	if reduced != path {
		r.count("path", "its base name")
	}
	return reduced
}

// text replaces addresses too.
func (r *redactor) text(s string) string {
	if r.keepsNames {
		return s
	}
	return eachAddress(r.words(s), func(a netip.Addr, as string) string {
		if isNobodys(a) {
			return as
		}
		return r.addr(a).String()
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

// addr is what an address is replaced with.
func (r *redactor) addr(a netip.Addr) netip.Addr {
	if r.keepsNames || isNobodys(a) {
		return a
	}
	to, ok := r.addrs[a]
	if !ok {
		to = r.nextAddr(a.Unmap().Is4())
		if a.Is4In6() {
			to = netip.AddrFrom16(to.As16())
		}
		r.addrs[a] = to
	}
	r.count("address", to.String())
	return to
}

func (r *redactor) nextAddr(ipv4 bool) netip.Addr {
	if ipv4 {
		r.given[0]++
		b := givenIPv4.As4()
		n := int(b[2])<<8 + int(b[3]) + r.given[0]
		b[2], b[3] = byte(n>>8), byte(n)
		return netip.AddrFrom4(b)
	}
	r.given[1]++
	b := givenIPv6.As16()
	b[14], b[15] = byte(r.given[1]>>8), byte(r.given[1])
	return netip.AddrFrom16(b)
}

// redact replaces what the bundle must not say, and has the journals that it
// changed judged again.
func (b *Bundle) redact(r *redactor, judge func(journal.Journal) report.Run) {
	m := &b.Machine.Machine
	m.Privilege = r.words(m.Privilege)
	settings := map[string]string{}
	for name, value := range m.Settings {
		settings[name] = r.text(value)
	}
	m.Settings = settings
	for i, w := range b.Machine.Command {
		b.Machine.Command[i] = r.text(w)
	}
	b.Machine.Label = r.text(b.Machine.Label)
	for i := range b.Report.Runs {
		run := &b.Report.Runs[i]
		before := r.times
		j, title := run.Masked(mask{r, run.Network == journal.HostNet}), r.title(run.Title)
		if r.times == before {
			continue // there was nothing to hide
		}
		was := *run
		*run = judge(j)
		run.Title = title
		if b.changed == "" {
			b.changed = changedVerdict(&was, run)
		}
	}
	for i := range b.Report.Claims {
		b.Report.Claims[i].Because = r.text(b.Report.Claims[i].Because)
	}
	b.Machine.Privacy.Replaced = r.replaced()
}

// title replaces names in what a title says of this machine; the rest is the
// program's own.
func (r *redactor) title(s string) string {
	before, after, said := strings.Cut(s, report.Unavailable)
	if !said {
		return s
	}
	return before + report.Unavailable + r.text(after)
}

// changedVerdict names what is judged differently; "": nothing is.
func changedVerdict(was, is *report.Run) string {
	if was.Outcome != is.Outcome {
		return was.Scenario
	}
	for i := range was.Findings {
		if i >= len(is.Findings) || was.Findings[i].Verdict != is.Findings[i].Verdict {
			return was.Findings[i].Claim
		}
	}
	return ""
}

// mask is a redactor for one journal. Addresses are replaced where the machine's own can
// be: on its own stack.
type mask struct {
	*redactor
	host bool
}

// Text replaces names in a text.
func (m mask) Text(s string) string {
	if m.host {
		return m.text(s)
	}
	return m.words(s)
}

// Address replaces an address.
func (m mask) Address(a journal.Address) journal.Address {
	if m.host {
		return journal.Address(m.text(string(a)))
	}
	return a
}

// Data replaces what was written or read.
func (m mask) Data(b []byte) ([]byte, *journal.Digest) {
	b = m.fill(b)
	if m.hidesPayload && len(b) > 0 {
		return nil, m.digest(b)
	}
	return b, nil
}

// filler takes a name's place where lengths must not change.
const filler = 'x'

// fill replaces names and addresses in what users' own programs sent, without changing
// its length. What a scenario sends says nothing of anybody.
func (r *redactor) fill(b []byte) []byte {
	if !r.theirs || r.keepsNames || len(b) == 0 {
		return b
	}
	for _, n := range r.names {
		if !bytes.Contains(bytes.ToLower(b), bytes.ToLower([]byte(n.name))) {
			continue
		}
		b = []byte(eachWord(string(b), n.name, func(found string) string {
			r.count(n.what, "as many letters "+string(filler)+", in what was sent")
			return strings.Repeat(string(filler), len(found))
		}))
	}
	return []byte(eachAddress(string(b), func(a netip.Addr, as string) string {
		if isNobodys(a) {
			return as
		}
		r.count("address, in what was sent", "as many letters "+string(filler))
		return strings.Repeat(string(filler), len(as))
	}))
}

// Packet replaces addresses and names in a packet, and makes its checksums right
// again where something changed. Of a packet whose inside is not known, nothing is
// kept on the host's own stack.
func (m mask) Packet(b []byte) ([]byte, *journal.Digest) {
	if len(b) == 0 {
		return b, nil
	}
	p, err := packet.Decode(b)
	if !m.host && (err != nil || !p.IsTCP()) {
		return b, nil // a private network's own
	}
	src, dst := p.Src.Addr(), p.Dst.Addr()
	var changed []byte
	if err == nil && m.host {
		src, dst = m.addr(src), m.addr(dst)
	}
	payload := m.fill(p.Payload)
	var digest *journal.Digest
	if m.hidesPayload && len(payload) > 0 {
		digest, payload = m.digest(payload), make([]byte, len(payload))
	}
	if !m.host && bytes.Equal(payload, p.Payload) {
		return b, digest
	}
	if err == nil {
		changed, err = p.Rewrite(src, dst, payload)
	}
	if err != nil {
		m.count("packet that is not plain TCP", "nothing")
		return nil, nil
	}
	return changed, digest
}

// digest is what is kept of bytes that are a user's own.
func (r *redactor) digest(b []byte) *journal.Digest {
	r.count("payload", "its length and hash, and zeros in packets")
	return &journal.Digest{Len: len(b), SHA256: hashOf(b)}
}
