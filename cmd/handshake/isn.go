package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

const (
	// between is how long the steps wait between one connection and the next.
	between = 100 * time.Millisecond
	// blindPort is a port of a host that has no socket there.
	blindPort = 50_009
)

// isn: the same four addresses and ports twice, and others; and segments as of one who sees no answer, and
// acknowledges a number all the same: a wrong one, and the right one.
func isn(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	for _, port := range []uint16{tuplePort, tuplePort + 1, tuplePort + 2, tuplePort} {
		client, server := l.Connect(scenario.From(port))
		client.Reset()
		server.Close()
		t.Wait(between)
	}

	blind := packet.Packet{Src: t.Host("a").At(blindPort), Dst: l.At, Win: 1000, Seq: 1000, Flags: packet.SYN}
	toBlind := func(p *wire.Packet) bool { return p.Dst == blind.Src }
	t.Hold(toBlind)
	t.Inject(blind)
	answer := t.FirstHeld("b")
	t.Discard(answer, "no answer comes to it")
	t.Drop(toBlind)
	blind.Flags, blind.Seq, blind.Ack = packet.ACK, blind.Seq+1, answer.Seq+1+meaningless
	t.Inject(blind)
	l.Accept()
	blind.Ack, blind.Payload = answer.Seq+1, []byte("not from here")
	t.Inject(blind)
	if server := l.Accept(); server != nil {
		server.Recv()
	}
}

// numbering is two openings, one after the other; each SYN got its number while its connect() was made.
type numbering struct{ first, second opening }

// rise is by how much the number of the second is greater, and how much time there was between at least, and at most.
func (x *numbering) rise() (n uint32, least, most time.Duration) {
	a, b := x.first.Connect, x.second.Connect
	return x.second.syn.Packet.Seq - x.first.syn.Packet.Seq, time.Duration(b.T - a.T - a.Call.TookNS), time.Duration(b.T + b.Call.TookNS - a.T)
}

// numberings lists the openings of the same four addresses and ports, each with the one before it; or those of
// another port, each with the first.
func numberings(same bool) func(v *tcp.View) []numbering {
	return func(v *tcp.View) []numbering {
		var all []numbering
		x := openings(v)
		for i := range x {
			for k := range x[:i] {
				if x[i].Client.Remote == x[k].Client.Remote && (x[i].Client.Local == x[k].Client.Local) == same {
					all = append(all, numbering{x[k], x[i]})
				}
			}
		}
		return all
	}
}

// Cite lets a case rest on both.
func (x numbering) Cite(c *claim.Case) {
	c.About(x.first.Client, x.second.Client)
	c.Cite(x.first.Connect, x.second.Connect)
	c.CiteSegments(x.first.syn, x.second.syn)
}

const (
	// tick is how long the clock of RFC 9293 §3.4.1 needs to rise by one, and round by all.
	tick = 4 * time.Microsecond
	// fastest is how long the one of Linux needs (seq_scale in net/core/secure_seq.c).
	fastest = 64 * time.Nanosecond
)

var sn1 = claim.Claim{
	ID: "SN1", Statement: "ISN = M + F(four-tuple); M rises by 1 every 4 µs",
	Source: claim.Article002 + "; RFC 9293 §3.4.1", Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no four-tuple was used twice",
	Rule: claim.Each(numberings(true), func(c *claim.Case, x numbering) {
		n, least, most := x.rise()
		c.Given(least > between/2 && n > 0, "the two were called for within %v", most)
		c.Expect(time.Duration(n)*tick >= least && time.Duration(n-1)*tick <= most, "in %s it rose by %d: by 1 every %.1f ns", claim.Milliseconds(most), n, float64(most)/float64(n))
		c.Holds("in %s it rose by %d", claim.Milliseconds(most), n)
	}),
}

var sn2 = claim.Claim{
	ID: "SN2", Statement: "F is a hash nobody can compute; other tuples are unrelated",
	Source: claim.Article002, Quantity: claim.Can, Needs: claim.NeedsPackets, Precondition: "no two four-tuples were used",
	Rule: claim.Each(numberings(false), func(c *claim.Case, x numbering) {
		n, _, most := x.rise()
		clock := uint32(most / fastest)
		c.Expect(n > clock, "the number of %s is %d greater than that of %s, which the clock explains", x.second.Client.Local, n, x.first.Client.Local)
		c.Holds("the number of %s is %d greater than that of %s, of which the clock explains %d at most; that nobody can compute it is not seen", x.second.Client.Local, n, x.first.Client.Local, clock)
	}),
}

// guess is a made-up segment that acknowledges a SYN-ACK which never arrived.
type guess struct{ synAck, ack *tcp.Segment }

func guesses(v *tcp.View) []guess {
	var all []guess
	for _, s := range v.Segments(journal.AtInjected) {
		for _, o := range tcp.With(v.Segments(journal.AtDropped), packet.SYN|packet.ACK) {
			if s.Is(packet.ACK) && o.N < s.N && o.Packet.Dst == s.Packet.Src && o.Packet.Src == s.Packet.Dst {
				all = append(all, guess{o, s})
			}
		}
	}
	return all
}

// isRight says whether it has the number.
func (x *guess) isRight() bool { return x.ack.Packet.Ack == x.synAck.End() }

var sn3 = claim.Claim{
	ID: "SN3", Statement: "with a fixed initial number acknowledgements could be guessed",
	Source: claim.Article002, Quantity: claim.Can, Needs: claim.NeedsPackets, Precondition: "nobody acknowledged a SYN-ACK that had not reached it",
	Rule: claim.Each(guesses, func(c *claim.Case, x guess) {
		c.If(x.isRight())
		c.CiteSegments(x.synAck, x.ack)
		for _, y := range guesses(c.View) {
			no := tcp.First(tcp.With(c.Answers(y.ack), packet.RST))
			c.Given(y.isRight() || no != nil, "a wrong number was not refused")
			c.CiteSegments(y.ack, no)
		}
		accept := c.Last(c.Calls("accept4"))
		c.Given(accept != nil && accept.N > x.ack.N, "accept() was not called afterwards")
		id, from := accept.Call.Accepted()
		c.Expect(accept.Call.Errno == "" && from == x.ack.Packet.Src, "accept() returned %s", claim.Returned(accept))
		read := c.ReadsData(c.View.Socket(id), accept.N)
		c.Holds("no answer had come to %s, which has no socket; who knew its number all the same was let in, and %q was read; with a wrong number it was refused", from, read.Call.Data)
	}),
}
