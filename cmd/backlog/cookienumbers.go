package main

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// cookiePeriod is how long a cookie's clock stands still, and cookieAge is longer than a cookie is
// taken: two periods (TCP_SYNCOOKIE_PERIOD and MAX_SYNCOOKIE_AGE in include/net/tcp.h).
const (
	cookiePeriod = time.Minute
	cookieAge    = 125 * time.Second
	fullCookies  = 150 * time.Second
)

// numbers lets SYNs come to a listener that answers with cookies: the same twice, and others that
// differ from it in one thing. In full it comes once more when its cookie is too old, and that
// cookie comes back.
func numbers(t *scenario.T) {
	const isn = 1 << 16
	l := t.Listen(scenario.ServerPort + 1)
	at := t.Host("a").At(strangerPort)
	first := syn(at, l.At, isn, mss)
	t.Hold(func(p *wire.Packet) bool { return p.From == "b" })
	t.Inject(first)
	cookie := t.FirstHeld("b").Seq
	t.Inject(first)
	t.Inject(syn(netip.AddrPortFrom(at.Addr(), strangerPort+1), l.At, isn, mss))
	t.Inject(syn(stranger(t, 0), l.At, isn, mss))
	t.Inject(syn(at, l.At, isn, mss+10))
	t.Inject(syn(at, l.At, isn, mss-140))
	if t.Full() {
		t.Wait(cookieAge)
		t.Inject(packet.Packet{Src: at, Dst: l.At, Seq: isn + 1, Ack: cookie + 1, Flags: packet.ACK, Win: first.Win})
		t.Inject(first)
	}
	for _, p := range t.Held("b") {
		t.Discard(p, "nobody waits for it")
	}
}

// numbered is a stranger's SYN and the number of the SYN-ACK that it drew.
type numbered struct{ syn, synAck *tcp.Segment }

// numbereds lists those of the listener to which the same SYN came twice.
func numbereds(v *tcp.View) []numbered {
	byListener := map[journal.Address][]numbered{}
	for _, s := range v.Segments(journal.AtInjected) {
		if a := tcp.First(tcp.With(v.Answers(s), packet.SYN|packet.ACK)); s.Is(packet.SYN) && a != nil {
			byListener[s.Packet.Dst] = append(byListener[s.Packet.Dst], numbered{s, a})
		}
	}
	for _, all := range byListener {
		if len(all) > 1 && len(all[0].differs(all[1])) == 0 {
			return all
		}
	}
	return nil
}

// What two SYNs can differ in.
const (
	addressDiffers = "address"
	portDiffers    = "port"
	mssDiffers     = "MSS"
	isnDiffers     = "initial number"
)

// differs names what another SYN has different.
func (x numbered) differs(y numbered) []string {
	p, q := x.syn.Packet, y.syn.Packet
	mss, _ := p.Options.MSS()
	other, _ := q.Options.MSS()
	same := map[string]bool{
		addressDiffers: p.Src.IP() == q.Src.IP(),
		portDiffers:    p.Src.Port() == q.Src.Port(),
		mssDiffers:     mss == other,
		isnDiffers:     p.Seq == q.Seq,
	}
	maps.DeleteFunc(same, func(_ string, is bool) bool { return is })
	return slices.Sorted(maps.Keys(same))
}

// change says what another SYN has different, and whether its number is another.
type change struct {
	numbered
	what  string
	other bool
}

// The changes that the MSS and the clock make.
const (
	sameClass  = "MSS, within the class"
	otherClass = "MSS, of another class"
	sameTime   = "nothing"
	otherTime  = "time, two minutes"
)

// changes compares the SYNs with the first.
func changes(v *tcp.View) []change {
	all := numbereds(v)
	var some []change
	for i := 1; i < len(all); i++ {
		x := change{numbered: all[i], other: all[i].synAck.Packet.Seq != all[0].synAck.Packet.Seq}
		switch differ := all[0].differs(all[i]); {
		case len(differ) > 1:
			continue
		case len(differ) == 0 && all[i].syn.T-all[0].syn.T > 2*cookiePeriod.Nanoseconds():
			x.what = otherTime
		case len(differ) == 0:
			x.what = sameTime
		case differ[0] == mssDiffers && x.other:
			x.what = otherClass
		case differ[0] == mssDiffers:
			x.what = sameClass
		default:
			x.what = differ[0]
		}
		some = append(some, x)
	}
	return some
}

var bl28 = claim.Claim{
	ID: "BL28", Statement: "cookie depends on addresses, ports, MSS class, time",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "SYNs that differ in one thing are answered with cookies, the same one again two minutes later: it needs --full",
	Rule: claim.Once(func(c *claim.Case) {
		all := numbereds(c.View)
		c.Given(len(all) > 0, "no SYN came twice")
		cookies := c.Setting("b", synCookies, all[0].syn.N)
		c.Given(cookies != nil, "tcp_syncookies was not read")
		c.If(cookies.Setting.New == "2")
		c.CiteSegments(all[0].synAck)
		for _, x := range changes(c.View) {
			c.CiteSegments(x.synAck)
			if x.what == sameTime {
				c.Given(!x.other, "the clock of the cookies went on between two SYNs")
			} else if x.what != sameClass {
				c.Expect(x.other, "another %s, and the number was the same", x.what)
			}
		}
		what := func(x *change) string { return x.what }
		claim.GivenEach(c, changes(c.View), what, "no SYN differed in this: %s", sameTime, addressDiffers, portDiffers, sameClass, otherClass, otherTime)
		c.Holds("the same SYN was answered with the same number, and with others when it came from another address, from another port, with an MSS of another class, and two minutes later; with another MSS of the same class it was the same")
	}),
}

// compareNumbers is the table of what a cookie depends on.
func compareNumbers(v *tcp.View) *claim.Comparison {
	return claim.Down("The number of the SYN-ACK for a SYN that differs", changes(v), func(x *change) string { return "in " + x.what },
		claim.Show("is", func(x *change) claim.Cell {
			if x.other {
				return claim.Told("another", x.synAck.Event)
			}
			return claim.Told("the same", x.synAck.Event)
		}))
}
