package main

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// many is how many SYNs come while the kernel's memory is counted: far more than other programs
// open connections meanwhile.
const many = 1000

// memory: SYNs of strangers fill a long queue, and the kernel's memory for entries and for sockets
// is counted before and after (/proc/slabinfo: of the whole machine, and for root).
func memory(t *scenario.T) {
	t.Sysctl("b", synCookies, "0")
	t.Sysctl("b", maxSYNBacklog, "4096")
	l := t.Listen(scenario.ServerPort, scenario.Backlog(2*many))
	countObjects(t)
	at := stranger(t, 0)
	port := uint16(strangerPort)
	t.Rounds(many, func() scenario.Round {
		t.Inject(syn(netip.AddrPortFrom(at.Addr(), port), l.At, uint32(port)<<16, mss))
		port++
		return scenario.Fold
	})
	countObjects(t)
}

// objects is the call by which the kernel's memory is counted, as the journal has it.
const objects = "slabinfo"

// countObjects journals how many entries of half-open connections and how many sockets the kernel
// has, and how long each is.
func countObjects(t *scenario.T) {
	suffix := ""
	if t.Family() == journal.IPv6 {
		suffix = "v6"
	}
	t.Await(time.Second, t.Host("b").Library(objects, nil, func() (string, error) {
		b, err := os.ReadFile("/proc/slabinfo")
		if err != nil {
			return "", err
		}
		return inCache("request_sock_TCP"+suffix, string(b)) + ", " + inCache("TCP"+suffix, string(b)), nil
	}))
}

// inCache is how many objects there are in a cache of the kernel's, and of how many bytes:
// "TCP 91 × 2368".
func inCache(cache, slabinfo string) string {
	for line := range strings.Lines(slabinfo) {
		if f := strings.Fields(line); len(f) > 3 && f[0] == cache {
			return fmt.Sprintf("%s %s × %s", cache, f[1], f[3])
		}
	}
	return cache + " unknown"
}

// slabs is a count of the kernel's objects.
type slabs struct{ entries, entrySize, sockets, socketSize int }

// slabsOf reads one; false: the kernel did not say.
func slabsOf(e *journal.Event) (s slabs, ok bool) {
	var cache string
	n, _ := fmt.Sscanf(e.Call.Out, "%s %d × %d, %s %d × %d", &cache, &s.entries, &s.entrySize, &cache, &s.sockets, &s.socketSize)
	return s, n == 6 && e.Call.Errno == ""
}

// grown is by how much the kernel's objects grew while SYNs came.
type grown struct {
	syns             int
	entries, sockets int
	was              slabs
}

// growth measures it, for a case that needs it.
func growth(c *claim.Case) (g grown) {
	reads := c.Calls(objects)
	c.Given(len(reads) == 2, "the kernel's memory was not counted twice")
	before, after := c.Nth(reads, 0), c.Nth(reads, 1)
	x, known := slabsOf(before)
	y, knownToo := slabsOf(after)
	c.Given(known && knownToo, "the kernel did not say how many entries and sockets there were: %s", claim.Returned(before))
	for _, e := range c.Events(func(e *journal.Event) bool { return e.Fold != nil && e.N > before.N && e.N < after.N }) {
		c.Cite(e)
		for _, s := range e.Fold.Segments {
			if s.Host == "b" {
				g.syns += s.Sent
			}
		}
	}
	g.entries, g.sockets, g.was = y.entries-x.entries, y.sockets-x.sockets, x
	c.If(g.syns > 0)
	c.Given(g.syns >= many/2, "%d SYNs were answered, too few to tell them from what other programs do", g.syns)
	return g
}

const countedWhile = "the kernel's memory is counted while SYNs come (/proc/slabinfo, for root)"

var bl31 = claim.Claim{
	ID: "BL31", Statement: "a SYN makes the server allocate a TCB of 280–1300 bytes",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: countedWhile,
	Rule: claim.Once(func(c *claim.Case) {
		g := growth(c)
		c.Given(g.entries > g.syns/2 || g.sockets > g.syns/2, "neither entries nor sockets grew with the SYNs: by %d and %d", g.entries, g.sockets)
		c.Expect(g.sockets > g.syns/2, "%d SYNs were answered, and there were %d sockets more, which have %d bytes each, but %d entries more, of %d bytes", g.syns, g.sockets, g.was.socketSize, g.entries, g.was.entrySize)
		c.Expect(280 <= g.was.socketSize && g.was.socketSize <= 1300, "a socket has %d bytes", g.was.socketSize)
		c.Holds("%d SYNs were answered, and there were %d sockets more, of %d bytes each", g.syns, g.sockets, g.was.socketSize)
	}),
}

var bl32 = claim.Claim{
	ID: "BL32", Statement: "SYN cache: a small entry in a hash until the ACK",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: countedWhile,
	Rule: claim.Once(func(c *claim.Case) {
		g := growth(c)
		c.Given(g.sockets < g.syns/2 || g.entries < g.syns/2 && g.sockets < 2*g.syns,
			"%d SYNs were answered, and there were %d entries and %d sockets more: another program makes some", g.syns, g.entries, g.sockets)
		c.Expect(g.sockets < g.syns/2, "%d SYNs were answered, and there were %d sockets more", g.syns, g.sockets)
		// What the kernel keeps at hand for each processor counts as in use, before and after.
		c.Given(g.entries > g.syns/2, "%d SYNs were answered, and only %d entries more were counted", g.syns, g.entries)
		c.Expect(g.was.entrySize < g.was.socketSize/2, "an entry has %d bytes, a socket %d", g.was.entrySize, g.was.socketSize)
		c.Holds("%d SYNs were answered, and there were %d entries more, of %d bytes; sockets have %d", g.syns, g.entries, g.was.entrySize, g.was.socketSize)
	}),
}
