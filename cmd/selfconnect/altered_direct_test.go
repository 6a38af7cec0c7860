package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// synAgain lets the first SYN come again, changed.
func synAgain(change func(*journal.Packet)) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) { d.SYNAgain(change) }
}

func same(*journal.Packet) {}

// peerOf changes what getpeername returned.
func peerOf(address string) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) { d.First(journaltest.Call("getpeername")).Call.Out = address }
}

// neverAnswered is a run whose SYN was lost.
func neverAnswered(d *journaltest.Journal) {
	d.First(journaltest.PacketAt(journal.AtDelivered, journal.SYN)).Packet.At = journal.AtDropped
	recv := d.First(journaltest.StateTo(journal.SynRecv, journal.TCPInfo)).N
	syn := d.First(journaltest.PacketAt(journal.AtDropped, journal.SYN)).N
	d.DropAll(func(e *journal.Event) bool { return e.N >= recv && (e.State != nil || e.Packet != nil) && e.N > syn })
	d.First(journaltest.Call("getpeername")).Call.Errno = "ENOTCONN"
}

// finAgain lets the socket send its FIN a second time before the first comes back.
func finAgain(d *journaltest.Journal) {
	fin := d.First(journaltest.PacketAt(journal.AtSent, journal.FIN|journal.ACK))
	d.Again(fin.N, fin, nil)
}

// isGone lets it be gone from FIN_WAIT1.
func isGone(d *journaltest.Journal) {
	d.First(journaltest.StateTo(journal.Closing, journal.SockDiag)).State.To = journal.Gone
	d.Drop(journaltest.StateTo(journal.TimeWait, journal.SockDiag))
}

// alteredOpening: SC1 to SC3, and that a socket connects to itself at all.
var alteredOpening = []journaltest.Case{
	{Name: "the peer is another", Of: "direct", Do: peerOf("192.0.2.1:8081"), Inconclusive: "SC1 SC2", Outcome: claim.NotReproduced},
	{Name: "the peer is another", Of: "autobind", Do: peerOf("192.0.2.1:8081"), Outcome: claim.NotReproduced},
	{Name: "getpeername failed", Of: "direct", Do: func(d *journaltest.Journal) { d.First(journaltest.Call("getpeername")).Call.Errno = "ENOTCONN" }, Outcome: claim.OutcomeUnresolved},
	{Name: "never ESTABLISHED", Of: "direct", Do: func(d *journaltest.Journal) {
		d.DropAll(func(e *journal.Event) bool { return e.State != nil && e.State.To == journal.Established })
	}, Outcome: claim.NotReproduced},
	{Name: "the SYN was lost", Of: "direct", Do: neverAnswered, Inconclusive: "SC1", Outcome: claim.NotReproduced},
	{Name: "no connect", Of: "direct", Do: func(d *journaltest.Journal) {
		d.Drop(journaltest.Call("connect"))
		d.Drop(journaltest.Call("getpeername"))
	}, Outcome: claim.OutcomeUnresolved},

	{Name: "a socket listened", Of: "direct", Do: func(d *journaltest.Journal) {
		d.Call(d.First(journaltest.Call("bind")).N, "a9", "listen", 0, "", "a9", "1")
	}, Inconclusive: "SC1"},
	{Name: "SIGSTOP: the SYN came again", Of: "direct", Do: synAgain(same), Confirmed: "SC1 SC2 SC3"},

	{Name: "the SYN came again without ECN", Of: "direct", Do: func(d *journaltest.Journal) {
		synAgain(same)(d)
		d.First(journaltest.PacketAt(journal.AtSent, journal.SYN)).Packet.Flags = journal.SYN | journal.ECE | journal.CWR
		d.First(journaltest.PacketAt(journal.AtDelivered, journal.SYN)).Packet.Flags = journal.SYN | journal.ECE | journal.CWR
	}, Confirmed: "SC2"},
	{Name: "the SYN-ACK came again", Of: "direct", Do: func(d *journaltest.Journal) {
		ack := d.First(journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK))
		d.Carry(d.First(journaltest.PacketAt(journal.AtDelivered, journal.ACK)).N, ack, same)
	}, Confirmed: "SC2"},
	{Name: "the ACK came again", Of: "direct", Do: func(d *journaltest.Journal) {
		ack := d.First(journaltest.PacketAt(journal.AtSent, journal.ACK))
		d.Carry(d.First(journaltest.PacketAt(journal.AtDelivered, journal.ACK)).N, ack, func(p *journal.Packet) { p.Win++ })
	}, Confirmed: "SC2"},
	{Name: "a second SYN, another one", Of: "direct", Do: synAgain(func(p *journal.Packet) { p.Seq += 1000 }), Refuted: "SC2"},
	{Name: "the last ACK is missing", Of: "direct", Do: func(d *journaltest.Journal) {
		d.Drop(journaltest.PacketAt(journal.AtDelivered, journal.ACK))
		d.Drop(journaltest.PacketAt(journal.AtSent, journal.ACK))
	}, Refuted: "SC2"},
	{Name: "on lo the last ACK is missing", Of: "direct-loopback", Do: func(d *journaltest.Journal) { d.Drop(journaltest.PacketAt(journal.AtDelivered, journal.ACK)) }, Refuted: "SC2"},
	{Name: "a segment was lost", Of: "direct", Do: func(d *journaltest.Journal) {
		syn := d.First(journaltest.PacketAt(journal.AtSent, journal.SYN))
		d.Again(syn.N, syn, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtDropped, syn.N })
	}, Inconclusive: "SC2"},

	{Name: "SYN_RECV not seen", Of: "direct", Do: func(d *journaltest.Journal) { d.Drop(journaltest.StateTo(journal.SynRecv, journal.TCPInfo)) }, Inconclusive: "SC3"},
	{Name: "SYN_RECV skipped", Of: "direct", Do: func(d *journaltest.Journal) {
		d.Drop(journaltest.StateTo(journal.SynRecv, journal.TCPInfo))
		d.First(journaltest.StateTo(journal.Established, journal.TCPInfo)).State.From = journal.SynSent
	}, Refuted: "SC3"},
	{Name: "the deliveries the other way round", Of: "direct", Do: func(d *journaltest.Journal) {
		d.Swap(d.First(journaltest.PacketAt(journal.AtDelivered, journal.SYN)), d.First(journaltest.PacketAt(journal.AtDelivered, journal.SYN|journal.ACK)))
	}, Refuted: "SC3"},
	{Name: "ESTABLISHED before its SYN-ACK", Of: "direct", Do: func(d *journaltest.Journal) {
		d.Swap(d.First(journaltest.PacketAt(journal.AtDelivered, journal.SYN|journal.ACK)), d.First(journaltest.StateTo(journal.Established, journal.TCPInfo)))
	}, Refuted: "SC3"},
	{Name: "on lo it passes inside connect", Of: "direct-loopback", Do: func(*journaltest.Journal) {}, Inconclusive: "SC3 SC6"},
	{Name: "on lo two looks apart", Of: "direct-loopback", Do: func(d *journaltest.Journal) {
		e := d.First(journaltest.StateTo(journal.Established, journal.TCPInfo))
		d.Again(e.N-journaltest.Spread, e, func(e *journal.Event) { e.State.From, e.State.To = journal.Close, journal.SynSent })
		d.First(journaltest.StateTo(journal.Established, journal.TCPInfo)).State.From = journal.SynSent
	}, Inconclusive: "SC3"},
}

// reads changes what read returned.
func reads(data string, result int64, errno journal.Errno) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) {
		c := d.First(journaltest.Call("read")).Call
		c.Data, c.Result, c.Errno = []byte(data), result, errno
	}
}

// alteredData: SC4.
var alteredData = []journaltest.Case{
	{Name: "other bytes", Of: "direct", Do: reads("hello, us", 9, ""), Refuted: "SC4"},
	{Name: "the end instead", Of: "direct", Do: reads("", 0, ""), Refuted: "SC4"},
	{Name: "an error instead", Of: "direct", Do: reads("", -1, "ECONNRESET"), Refuted: "SC4"},
	{Name: "more than was written", Of: "direct", Do: reads("hello, me and you", 17, ""), Refuted: "SC4"},
	{Name: "nothing yet", Of: "direct", Do: reads("", -1, "EAGAIN"), Inconclusive: "SC4"},
	{Name: "a part of it yet", Of: "direct", Do: reads("hello", 5, ""), Inconclusive: "SC4"},
	{Name: "never read", Of: "direct", Do: func(d *journaltest.Journal) { d.Drop(journaltest.Call("read")) }, Inconclusive: "SC4"},
	{Name: "never written", Of: "direct", Do: func(d *journaltest.Journal) { d.Drop(journaltest.Call("write")) }, Inconclusive: "SC4"},
	{Name: "read in two pieces", Of: "direct", Do: func(d *journaltest.Journal) {
		r := d.First(journaltest.Call("read"))
		d.Again(r.N, r, func(e *journal.Event) { e.Call.Data = []byte(", me") })
		d.First(journaltest.Call("read")).Call.Data = []byte("hello")
	}, Confirmed: "SC4"},
	{Name: "other bytes on host", Of: "direct-host", Do: reads("hello, us", 9, ""), Refuted: "SC4"},
}

// finAnswered lets the FIN be answered by a FIN of its own, as between two
// ends: three segments.
func finAnswered(d *journaltest.Journal) {
	fin := d.First(journaltest.PacketAt(journal.AtSent, journal.FIN|journal.ACK))
	d.Carry(d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK)).N, fin, func(p *journal.Packet) { p.Seq++; p.Ack++ })
}

// alteredClose: SC5 and SC6.
var alteredClose = []journaltest.Case{
	{Name: "the FIN answered by a FIN", Of: "direct", Do: finAnswered, Refuted: "SC5"},
	{Name: "the FIN came again", Of: "direct", Do: func(d *journaltest.Journal) {
		fin := d.First(journaltest.PacketAt(journal.AtSent, journal.FIN|journal.ACK))
		d.Carry(d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK)).N, fin, same)
	}, Confirmed: "SC5"},
	{Name: "the FIN came again with the data", Of: "direct", Do: func(d *journaltest.Journal) {
		fin := d.First(journaltest.PacketAt(journal.AtSent, journal.FIN|journal.ACK))
		written := len(d.First(journaltest.Call("write")).Call.Data)
		d.Carry(d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK)).N, fin, func(p *journal.Packet) {
			p.Seq -= uint32(written)
			p.Len = written
		})
	}, Confirmed: "SC5"},
	{Name: "a RST after the FIN", Of: "direct", Do: func(d *journaltest.Journal) {
		fin := d.First(journaltest.PacketAt(journal.AtSent, journal.FIN|journal.ACK))
		d.Carry(d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK)).N, fin, func(p *journal.Packet) { p.Flags = journal.RST; p.Seq++ })
	}, Refuted: "SC5"},
	{Name: "the FIN not answered", Of: "direct", Do: func(d *journaltest.Journal) {
		fin := d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK)).N
		d.DropAll(func(e *journal.Event) bool { return e.N > fin && e.Packet != nil })
	}, Inconclusive: "SC5"},
	{Name: "no FIN", Of: "direct", Do: func(d *journaltest.Journal) {
		closed := d.First(journaltest.Call("close")).N
		d.DropAll(func(e *journal.Event) bool { return e.N > closed && e.Packet != nil })
	}, Inconclusive: "SC5"},
	{Name: "a segment was lost", Of: "direct", Do: func(d *journaltest.Journal) {
		fin := d.First(journaltest.PacketAt(journal.AtSent, journal.FIN|journal.ACK))
		d.Again(fin.N, fin, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtDropped, fin.N })
	}, Inconclusive: "SC5"},
	{Name: "it was given up", Of: "direct", Do: journaltest.All(finAgain, isGone, func(d *journaltest.Journal) {
		d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK)).Packet.Flags = journal.RST
	}), Inconclusive: "SC5"},
	{Name: "its FIN came again", Of: "direct", Do: finAgain, Confirmed: "SC5"},
	{Name: "on lo the FIN answered by a FIN", Of: "direct-loopback", Do: func(d *journaltest.Journal) {
		fin := d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK))
		d.Again(fin.N, fin, func(e *journal.Event) { e.Packet.Seq++; e.Packet.Ack++ })
	}, Refuted: "SC5"},

	{Name: "through FIN_WAIT2", Of: "direct", Do: func(d *journaltest.Journal) {
		d.First(journaltest.StateTo(journal.Closing, journal.SockDiag)).State.To = journal.FinWait2
		d.First(journaltest.StateTo(journal.TimeWait, journal.SockDiag)).State.From = journal.FinWait2
	}, Refuted: "SC6"},
	{Name: "CLOSING then gone", Of: "direct", Do: func(d *journaltest.Journal) {
		d.First(journaltest.StateTo(journal.TimeWait, journal.SockDiag)).State.To = journal.Gone
	}, Refuted: "SC6"},
	{Name: "it was given up", Of: "direct", Do: journaltest.All(finAgain, isGone), Inconclusive: "SC6"},
	{Name: "it was gone at once", Of: "direct", Do: isGone, Refuted: "SC6"},
	{Name: "CLOSING not on its own FIN", Of: "direct", Do: func(d *journaltest.Journal) {
		d.First(journaltest.PacketAt(journal.AtDelivered, journal.FIN|journal.ACK)).Packet.Flags = journal.ACK
	}, Refuted: "SC6"},
	{Name: "CLOSING not seen", Of: "direct", Do: func(d *journaltest.Journal) { d.Drop(journaltest.StateTo(journal.Closing, journal.SockDiag)) }, Inconclusive: "SC6"},
	{Name: "TIME_WAIT not seen", Of: "direct", Do: func(d *journaltest.Journal) { d.Drop(journaltest.StateTo(journal.TimeWait, journal.SockDiag)) }, Inconclusive: "SC6"},
	{Name: "not closed", Of: "direct", Do: func(d *journaltest.Journal) {
		closed := d.First(journaltest.Call("close")).N
		d.DropAll(func(e *journal.Event) bool {
			return e.N >= closed && (e.Packet != nil || e.State != nil || e.Call != nil)
		})
	}, Inconclusive: "SC6"},
}

// itselfAllTheSame lets a client of another port be connected to itself.
func itselfAllTheSame(d *journaltest.Journal) {
	n := d.First(journaltest.Call("connect")).N
	for i, op := range []string{"getsockname", "getpeername"} {
		d.After(n+i, journal.Event{Host: "a", Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{Op: op, Args: []string{"a1"}, Out: "192.0.2.1:50281"}})
	}
	d.After(n+2, journal.Event{Host: "a", Socket: "a1", Kind: journal.KindState, State: &journal.State{From: journal.SynSent, To: journal.Established, Witness: journal.TCPInfo}})
}

// alteredOther: SC12.
var alteredOther = []journaltest.Case{
	{Name: "itself all the same", Of: "other-port", Do: itselfAllTheSame, Refuted: "SC12", Outcome: claim.NotReproduced},
}

// TestClaimsWithoutAccident: where no socket connected to itself, what it
// would have gone through is neither confirmed nor refuted.
func TestClaimsWithoutAccident(t *testing.T) {
	for i := range program.Scenarios {
		s := &program.Scenarios[i]
		if s.Name == "other-port" {
			continue // no accident is its subject
		}
		d := journaltest.New(t, s.Name)
		d.DropAll(journaltest.Call("getpeername"))
		for _, c := range s.Claims {
			if f := c.Judge(d.Journal); f.Verdict != claim.Inconclusive {
				t.Errorf("%s, %s: %s: %s", s.Name, c.ID, f.Verdict, f.Because)
			}
		}
		if o, why := s.Phenomenon.Judge(d.Journal); o == claim.Reproduced {
			t.Errorf("%s: %s: %s", s.Name, o, why)
		}
	}
}
