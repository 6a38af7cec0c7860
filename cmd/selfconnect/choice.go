package main

import (
	"fmt"
	"strconv"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// autobind: the kernel chooses the target as the source port, because it may
// choose no other.
func autobind(t *scenario.T) {
	target := unreservedPort(t, localRange(t))
	try(t, target, chooseSource(t, target))
}

// huntDown: connect to a dead local port again and again, as a client does
// whose server is down, until the kernel's choice of source port hits it.
func huntDown(t *scenario.T) {
	asOnTheMachine(t)
	ports := localRange(t)
	reserved := reservedNow(t)
	target := targetPort(t, insidePort, ports, func(p uint16) bool { return ports.Preferred(p) && !reserved.Contains(p) })
	if why := neverChosen(ports, reserved, target); why != "" {
		t.Announce("the hunt is hopeless: %s", why)
	} else {
		t.Announce("port %d is %s, the parity that connect() chooses first: about one attempt in %d hits",
			target, portrange.Parity(target), ports.Odds())
	}
	hunt{what: "hunt", target: target, attempts: patience * ports.Size()}.run(t)
}

// patience is how many times as many attempts as the range has ports a hunt
// makes at most. The kernel's choice is random (each connect() advances by a
// random step), so that none hits a port it prefers, half of them all, has a
// chance of e⁻¹⁶.
const patience = 8

// wholeRange bounds a hunt through all ports: a quiet machine takes five seconds, a busy one more
// than the ten that others have.
const wholeRange = time.Minute

// asOnTheMachine gives a private namespace the caller's own settings, so that
// what is hunted there is true of this machine.
func asOnTheMachine(t *scenario.T) {
	if t.OnHost() {
		return
	}
	for _, name := range []string{portrange.RangeSetting, portrange.ReservedSetting} {
		now := t.Setting("a", name)
		if own, known := t.CallersSetting(name); known && own != now {
			t.Sysctl("a", name, own)
		}
	}
}

// narrow is the range of source ports where a scenario wants every one of them
// tried often.
var narrow = portrange.Range{Low: 40000, High: 40063}

// rounds is how many times as many attempts as the narrow range has ports are
// made before "never" is said: by chance alone that would be wrong once in 10²⁸.
const rounds = 32

// outsideRange: a port outside ip_local_port_range is never hit in the
// attempts in which one inside is.
func outsideRange(t *scenario.T) {
	ports := localRange(t)
	reserved := reservedNow(t)
	inside := freePort(t, ports, func(p uint16) bool { return ports.Preferred(p) && !reserved.Contains(p) })
	outside := targetPort(t, outsidePort, unprivileged, func(p uint16) bool { return !ports.Contains(p) })
	f := hunt{what: "inside the range", target: inside, attempts: patience * ports.Size()}.runAndReset(t)
	hunt{what: "outside the range", target: outside, attempts: max(f.tries, ports.Size())}.run(t)
}

// unprivileged are the ports that anybody may bind.
var unprivileged = portrange.Range{Low: 1024, High: 65535}

// reservedPort: ip_local_reserved_ports protects a port inside the range, which
// is hit before it is reserved and never after.
func reservedPort(t *scenario.T) {
	t.Sysctl("a", portrange.RangeSetting, narrow.String())
	target := targetPort(t, insidePort, narrow, narrow.Preferred)
	hunt{what: "before it is reserved", target: target, attempts: rounds * narrow.Size()}.runAndReset(t)
	t.Sysctl("a", portrange.ReservedSetting, strconv.Itoa(int(target)))
	hunt{what: "once it is reserved", target: target, attempts: rounds * narrow.Size()}.run(t)
}

// series is the attempts made to connect to one address, those counted instead of kept
// included.
type series struct {
	target journal.Address
	first  *journal.Event // connect()
	tries  int
	hits   []*journal.Event // that prove that one connected to itself
	others int              // attempts that connected, but not to themselves, or cannot be told apart
	events []*journal.Event // the connects kept, and the counts
}

// hunts lists the series of a run in order: a new one begins when the target changes, or
// with a change of settings between.
var hunts = tcp.Derived(func(v *tcp.View) []series {
	var all []series
	fresh := true
	for _, e := range v.Events(func(e *journal.Event) bool {
		return e.Setting != nil || e.Fold != nil || e.Call != nil && e.Call.Op == "connect"
	}) {
		switch {
		case e.Setting != nil:
			fresh = true
		case e.Call != nil:
			if fresh || all[len(all)-1].target != e.Call.Address() {
				all = append(all, series{target: e.Call.Address(), first: e})
				fresh = false
			}
			all[len(all)-1].add(v.Socket(e.Socket), e)
		case !fresh:
			all[len(all)-1].count(e)
		}
	}
	return all
})

// add counts an attempt that was kept whole.
func (s *series) add(of *tcp.Socket, connect *journal.Event) {
	s.tries++
	s.events = append(s.events, connect)
	hit := proof(of)
	s.hits = append(s.hits, hit...)
	if hit == nil && len(of.Entered(journal.Established)) > 0 {
		s.others++
	}
}

// count counts attempts that were not kept. None of those hit; one that was ESTABLISHED all
// the same counts against them.
func (s *series) count(e *journal.Event) {
	s.tries += e.Fold.Times
	s.events = append(s.events, e)
	for _, c := range e.Fold.Counts {
		if c.IsState(journal.Established, journal.TCPInfo) {
			s.others += c.Count
		}
	}
}

func (s *series) port() uint16 { return s.target.Port() }

// The settings as they stood at an event, and where the journal has them; ok: it does.
func rangeAt(v *tcp.View, n int) (r portrange.Range, e *journal.Event, ok bool) {
	e = v.Setting("", portrange.RangeSetting, n)
	if e == nil {
		return r, nil, false
	}
	r, err := portrange.Parse(e.Setting.New)
	return r, e, err == nil
}

func reservedAt(v *tcp.View, n int) (r portrange.Reserved, e *journal.Event, ok bool) {
	e = v.Setting("", portrange.ReservedSetting, n)
	if e == nil {
		return nil, nil, true // not read: none that is known of
	}
	r, err := portrange.ParseReserved(e.Setting.New)
	return r, e, err == nil
}

// neverChosen says why connect() does not choose a port, or not while others are free; "":
// nothing speaks against it.
func neverChosen(ports portrange.Range, reserved portrange.Reserved, port uint16) string {
	switch {
	case reserved.Contains(port):
		return fmt.Sprintf("port %d is reserved (%s), and connect() never chooses it", port, portrange.ReservedSetting)
	case !ports.Contains(port):
		return fmt.Sprintf("port %d is outside %s (%s), and connect() never chooses it", port, portrange.RangeSetting, ports)
	case ports.CutOff(port):
		return fmt.Sprintf("port %d is the last of an odd number (%s), and connect() leaves it out", port, ports)
	case !ports.Preferred(port):
		return fmt.Sprintf("port %d is %s, and connect() chooses %s ports, as the low end of %s (%s) is, while one of those is free",
			port, portrange.Parity(port), portrange.Parity(ports.Low), portrange.RangeSetting, ports)
	}
	return ""
}

// neverChosenAt is neverChosen by the settings as they stood at an event, for the end of a
// sentence.
func neverChosenAt(v *tcp.View, port uint16, n int) string {
	ports, _, ok := rangeAt(v, n)
	reserved, _, known := reservedAt(v, n)
	if !ok || !known {
		return ""
	}
	if why := neverChosen(ports, reserved, port); why != "" {
		return ": " + why
	}
	return ""
}

var sc7 = claim.Claim{
	ID: "SC7", Statement: "the kernel's own choice of source port can cause it, when the target port is in ip_local_port_range",
	Source: claim.Article004, Quantity: claim.Can, Needs: claim.NeedsInfo,
	Precondition: "a socket that is not bound connects to itself, and the target port is in ip_local_port_range",
	Rule: eachSelf(func(c *claim.Case, s *tcp.Socket) {
		c.Given(c.First(s.CallsOf(0, 0, "bind")) == nil, "%s was bound: the kernel had no choice", s.ID)
		connect := c.GivenFirst(s.CallsOf(0, 0, "connect"), "the journal does not show %s connecting", s.ID)
		port := connect.Call.Address().Port()
		r, read, ok := rangeAt(c.View, connect.N)
		c.Cite(read)
		c.Given(ok && r.Contains(port), "the journal does not show port %d inside %s", port, portrange.RangeSetting)
		aimed := tcp.Where(hunts(c.View), func(h series) bool { return h.target == connect.Call.Address() })
		c.Holds("%s, never bound, got port %d of %s as its source, its own target, in attempt %d%s", s.ID, port, r, aimed[0].tries, narrowed(s))
	}),
}

// narrowed says that the kernel's choice was narrowed beforehand by a socket option.
func narrowed(s *tcp.Socket) string {
	if _, set := s.Option(journal.IPLocalPortRange, 0); set != nil {
		return ", IP_LOCAL_PORT_RANGE having left it no other"
	}
	return ""
}

// hunted is the phenomenon of a hunt: that the accident happens.
var hunted = claim.Phenomenon{
	Needs: claim.NeedsInfo, Rounds: true, Precondition: "connect() was never called",
	Rule: claim.Each(func(v *tcp.View) []series { return hunts(v)[:min(1, len(hunts(v)))] }, func(c *claim.Case, s series) {
		c.Cite(s.events...)
		c.Cite(s.hits...)
		if len(s.hits) == 0 {
			c.Expect(s.others == 0, "something else answered at %s: it is no dead port", s.target)
			c.ExpectSeen(false, "none of %d attempts hit %s%s", s.tries, s.target, neverChosenAt(c.View, s.port(), s.first.N))
		}
		c.Holds("attempt %d connected to itself, %s", s.tries, s.target)
	}),
}

// contrast is two series: in the first a port is hit, in the second, with at least as many
// attempts, one is not.
type contrast struct{ open, shut series }

// contrasts is the contrast that a run shows, if it shows one.
func contrasts(v *tcp.View) []contrast {
	if all := hunts(v); len(all) >= 2 {
		return []contrast{{all[0], all[1]}}
	}
	return nil
}

// differs expects that the second series has no hit, for the reason named.
func differs(c *claim.Case, x contrast, why string, least int) {
	c.Cite(x.open.hits...)
	c.Cite(x.shut.events...)
	c.Given(len(x.open.hits) > 0, "%s was not hit in %d attempts, so nothing is to be compared", x.open.target, x.open.tries)
	c.Cite(x.shut.hits...)
	c.Expect(len(x.shut.hits) == 0, "%s was hit all the same, in attempt %d", x.shut.target, x.shut.tries)
	c.Given(x.shut.others == 0, "something else answered at %s: it is no dead port", x.shut.target)
	least = max(least, x.open.tries)
	c.Given(x.shut.tries >= least, "%d attempts on %s are too few: %d are needed", x.shut.tries, x.shut.target, least)
	c.Holds("%s was hit in attempt %d, %s (%s) in none of %d", x.open.target, x.open.tries, x.shut.target, why, x.shut.tries)
}

var sc8 = claim.Claim{
	ID: "SC8", Statement: "a server port outside ip_local_port_range cannot be hit",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "the source port is the kernel's choice, not bound; one inside the range is hit in as many attempts",
	Rule: claim.Each(contrasts, func(c *claim.Case, x contrast) {
		r, read, ok := rangeAt(c.View, x.shut.first.N)
		c.Cite(read)
		c.Given(ok, "the journal does not show %s", portrange.RangeSetting)
		c.Given(r.Contains(x.open.port()), "port %d, which should be inside %s (%s), is outside", x.open.port(), portrange.RangeSetting, r)
		c.Given(!r.Contains(x.shut.port()), "port %d, which should be outside %s (%s), is inside", x.shut.port(), portrange.RangeSetting, r)
		differs(c, x, "outside the range", r.Size())
	}),
}

var sc11 = claim.Claim{
	ID: "SC11", Statement: "a port in ip_local_reserved_ports is not chosen",
	Source: "Linux, Documentation/networking/ip-sysctl.rst, ip_local_reserved_ports", Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "the port is inside ip_local_port_range, and is hit while it is not reserved",
	Rule: claim.Each(contrasts, func(c *claim.Case, x contrast) {
		was, _, okWas := reservedAt(c.View, x.open.first.N)
		is, changed, okIs := reservedAt(c.View, x.shut.first.N)
		c.Cite(changed)
		c.Given(okWas && okIs && changed != nil && x.open.target == x.shut.target && !was.Contains(x.open.port()) && is.Contains(x.shut.port()),
			"the journal does not show port %d becoming reserved between the two series", x.shut.port())
		r, read, ok := rangeAt(c.View, x.shut.first.N)
		c.Cite(read)
		c.Given(ok && r.Contains(x.shut.port()), "the journal does not show port %d inside %s once it was reserved", x.shut.port(), portrange.RangeSetting)
		differs(c, x, "reserved", 0)
	}),
}
