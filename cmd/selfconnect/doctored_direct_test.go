package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// synAgain lets the first SYN be sent again before it is delivered, as after
// SIGSTOP and SIGCONT; the copy arrives while the SYN+ACK is under way.
func synAgain(change func(*journal.Packet)) func(*doctor) {
	return func(d *doctor) {
		syn := d.first(packetAt(journal.AtSent, "SYN"))
		n := syn.N
		d.again(n, syn, func(e *journal.Event) { change(e.Packet) })
		d.again(d.first(packetAt(journal.AtSent, "SYN", "ACK")).N, d.first(packetAt(journal.AtSent, "SYN")), func(e *journal.Event) {
			e.Packet.At, e.Packet.Of = journal.AtDelivered, n+1
			change(e.Packet)
		})
	}
}

func same(*journal.Packet) {}

// peerOf changes what getpeername returned.
func peerOf(address string) func(*doctor) {
	return func(d *doctor) { d.first(call("getpeername")).Call.Out = address }
}

// neverAnswered is a run whose SYN was lost.
func neverAnswered(d *doctor) {
	d.first(packetAt(journal.AtDelivered, "SYN")).Packet.At = journal.AtDropped
	recv := d.first(stateTo(journal.SynRecv, journal.TCPInfo)).N
	syn := d.first(packetAt(journal.AtDropped, "SYN")).N
	d.dropAll(func(e *journal.Event) bool { return e.N >= recv && (e.State != nil || e.Packet != nil) && e.N > syn })
	d.first(call("getpeername")).Call.Errno = "ENOTCONN"
}

// doctoredOpening: SC1 to SC3, and that a socket connects to itself at all.
var doctoredOpening = []doctored{
	{name: "as recorded", of: "direct", do: func(*doctor) {}, outcome: claim.Reproduced},
	{name: "the peer is another", of: "direct", do: peerOf("192.0.2.1:8081"), outcome: claim.NotReproduced},
	{name: "the peer is another", of: "autobind", do: peerOf("192.0.2.1:8081"), outcome: claim.NotReproduced},
	{name: "getpeername failed", of: "direct", do: func(d *doctor) { d.first(call("getpeername")).Call.Errno = "ENOTCONN" }, outcome: claim.NotReproduced},
	{name: "never ESTABLISHED", of: "direct", do: func(d *doctor) {
		d.dropAll(func(e *journal.Event) bool { return e.State != nil && e.State.To == journal.Established })
	}, outcome: claim.NotReproduced},
	{name: "the SYN was lost", of: "direct", do: neverAnswered, outcome: claim.NotReproduced},
	{name: "no connect", of: "direct", do: func(d *doctor) { d.drop(call("connect")); d.drop(call("getpeername")) }, outcome: claim.OutcomeUnresolved},

	{name: "the peer is another", of: "direct", do: peerOf("192.0.2.1:8081"), claim: "SC1", want: claim.Inconclusive},
	{name: "the SYN was lost", of: "direct", do: neverAnswered, claim: "SC1", want: claim.Inconclusive},
	{name: "a socket listened", of: "direct", do: func(d *doctor) {
		d.call(d.first(call("bind")).N, "a9", "listen", 0, "", "a9", "1")
	}, claim: "SC1", want: claim.Inconclusive},
	{name: "SIGSTOP: the SYN came again", of: "direct", do: synAgain(same), claim: "SC1", want: claim.Confirmed},

	{name: "SIGSTOP: the SYN came again", of: "direct", do: synAgain(same), claim: "SC2", want: claim.Confirmed},
	{name: "the SYN came again without ECN", of: "direct", do: func(d *doctor) {
		synAgain(same)(d)
		d.first(packetAt(journal.AtSent, "SYN")).Packet.Flags = []string{"SYN", "ECE", "CWR"}
		d.first(packetAt(journal.AtDelivered, "SYN")).Packet.Flags = []string{"SYN", "ECE", "CWR"}
	}, claim: "SC2", want: claim.Confirmed},
	{name: "the SYN+ACK came again", of: "direct", do: func(d *doctor) {
		ack := d.first(packetAt(journal.AtSent, "SYN", "ACK"))
		d.carry(d.first(packetAt(journal.AtDelivered, "ACK")).N, ack, same)
	}, claim: "SC2", want: claim.Confirmed},
	{name: "the ACK came again", of: "direct", do: func(d *doctor) {
		ack := d.first(packetAt(journal.AtSent, "ACK"))
		d.carry(d.first(packetAt(journal.AtDelivered, "ACK")).N, ack, func(p *journal.Packet) { p.Win++ })
	}, claim: "SC2", want: claim.Confirmed},
	{name: "a second SYN, another one", of: "direct", do: synAgain(func(p *journal.Packet) { p.Seq += 1000 }), claim: "SC2", want: claim.Refuted},
	{name: "the last ACK is missing", of: "direct", do: func(d *doctor) {
		d.drop(packetAt(journal.AtDelivered, "ACK"))
		d.drop(packetAt(journal.AtSent, "ACK"))
	}, claim: "SC2", want: claim.Refuted},
	{name: "on lo the last ACK is missing", of: "direct-loopback", do: func(d *doctor) { d.drop(packetAt(journal.AtDelivered, "ACK")) }, claim: "SC2", want: claim.Refuted},
	{name: "a segment was lost", of: "direct", do: func(d *doctor) {
		syn := d.first(packetAt(journal.AtSent, "SYN"))
		d.again(syn.N, syn, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtDropped, syn.N })
	}, claim: "SC2", want: claim.Inconclusive},
	{name: "the peer is another", of: "direct", do: peerOf("192.0.2.1:8081"), claim: "SC2", want: claim.Inconclusive},

	{name: "SYN_RECV not seen", of: "direct", do: func(d *doctor) { d.drop(stateTo(journal.SynRecv, journal.TCPInfo)) }, claim: "SC3", want: claim.Inconclusive},
	{name: "SYN_RECV skipped", of: "direct", do: func(d *doctor) {
		d.drop(stateTo(journal.SynRecv, journal.TCPInfo))
		d.first(stateTo(journal.Established, journal.TCPInfo)).State.From = journal.SynSent
	}, claim: "SC3", want: claim.Refuted},
	{name: "the deliveries the other way round", of: "direct", do: func(d *doctor) {
		d.swap(d.first(packetAt(journal.AtDelivered, "SYN")), d.first(packetAt(journal.AtDelivered, "SYN", "ACK")))
	}, claim: "SC3", want: claim.Refuted},
	{name: "ESTABLISHED before its SYN+ACK", of: "direct", do: func(d *doctor) {
		d.swap(d.first(packetAt(journal.AtDelivered, "SYN", "ACK")), d.first(stateTo(journal.Established, journal.TCPInfo)))
	}, claim: "SC3", want: claim.Refuted},
	{name: "SIGSTOP: the SYN came again", of: "direct", do: synAgain(same), claim: "SC3", want: claim.Confirmed},
	{name: "on lo it passes inside connect", of: "direct-loopback", do: func(*doctor) {}, claim: "SC3", want: claim.Inconclusive},
	{name: "on lo two looks apart", of: "direct-loopback", do: func(d *doctor) {
		e := d.first(stateTo(journal.Established, journal.TCPInfo))
		d.again(e.N-spread, e, func(e *journal.Event) { e.State.From, e.State.To = journal.Close, journal.SynSent })
		d.first(stateTo(journal.Established, journal.TCPInfo)).State.From = journal.SynSent
	}, claim: "SC3", want: claim.Inconclusive},
}

// reads changes what read returned.
func reads(data string, result int64, errno string) func(*doctor) {
	return func(d *doctor) {
		c := d.first(call("read")).Call
		c.Data, c.Result, c.Errno = []byte(data), result, errno
	}
}

// doctoredData: SC4.
var doctoredData = []doctored{
	{name: "other bytes", of: "direct", do: reads("hello, us", 9, ""), claim: "SC4", want: claim.Refuted},
	{name: "the end instead", of: "direct", do: reads("", 0, ""), claim: "SC4", want: claim.Refuted},
	{name: "an error instead", of: "direct", do: reads("", -1, "ECONNRESET"), claim: "SC4", want: claim.Refuted},
	{name: "more than was written", of: "direct", do: reads("hello, me and you", 17, ""), claim: "SC4", want: claim.Refuted},
	{name: "nothing yet", of: "direct", do: reads("", -1, "EAGAIN"), claim: "SC4", want: claim.Inconclusive},
	{name: "a part of it yet", of: "direct", do: reads("hello", 5, ""), claim: "SC4", want: claim.Inconclusive},
	{name: "never read", of: "direct", do: func(d *doctor) { d.drop(call("read")) }, claim: "SC4", want: claim.Inconclusive},
	{name: "never written", of: "direct", do: func(d *doctor) { d.drop(call("write")) }, claim: "SC4", want: claim.Inconclusive},
	{name: "read in two pieces", of: "direct", do: func(d *doctor) {
		r := d.first(call("read"))
		d.again(r.N, r, func(e *journal.Event) { e.Call.Data = []byte(", me") })
		d.first(call("read")).Call.Data = []byte("hello")
	}, claim: "SC4", want: claim.Confirmed},
	{name: "other bytes on host", of: "direct-host", do: reads("hello, us", 9, ""), claim: "SC4", want: claim.Refuted},
}

// finAnswered lets the FIN be answered by a FIN of its own, as between two
// ends: three segments.
func finAnswered(d *doctor) {
	fin := d.first(packetAt(journal.AtSent, "FIN", "ACK"))
	d.carry(d.first(packetAt(journal.AtDelivered, "FIN", "ACK")).N, fin, func(p *journal.Packet) { p.Seq++; p.Ack++ })
}

// doctoredClose: SC5 and SC6.
var doctoredClose = []doctored{
	{name: "the FIN answered by a FIN", of: "direct", do: finAnswered, claim: "SC5", want: claim.Refuted},
	{name: "the FIN came again", of: "direct", do: func(d *doctor) {
		fin := d.first(packetAt(journal.AtSent, "FIN", "ACK"))
		d.carry(d.first(packetAt(journal.AtDelivered, "FIN", "ACK")).N, fin, same)
	}, claim: "SC5", want: claim.Confirmed},
	{name: "the FIN came again with the data", of: "direct", do: func(d *doctor) {
		fin := d.first(packetAt(journal.AtSent, "FIN", "ACK"))
		written := len(d.first(call("write")).Call.Data)
		d.carry(d.first(packetAt(journal.AtDelivered, "FIN", "ACK")).N, fin, func(p *journal.Packet) {
			p.Seq -= uint32(written)
			p.Len = written
		})
	}, claim: "SC5", want: claim.Confirmed},
	{name: "a RST after the FIN", of: "direct", do: func(d *doctor) {
		fin := d.first(packetAt(journal.AtSent, "FIN", "ACK"))
		d.carry(d.first(packetAt(journal.AtDelivered, "FIN", "ACK")).N, fin, func(p *journal.Packet) { p.Flags = []string{"RST"}; p.Seq++ })
	}, claim: "SC5", want: claim.Refuted},
	{name: "the FIN not answered", of: "direct", do: func(d *doctor) {
		fin := d.first(packetAt(journal.AtDelivered, "FIN", "ACK")).N
		d.dropAll(func(e *journal.Event) bool { return e.N > fin && e.Packet != nil })
	}, claim: "SC5", want: claim.Inconclusive},
	{name: "no FIN", of: "direct", do: func(d *doctor) {
		closed := d.first(call("close")).N
		d.dropAll(func(e *journal.Event) bool { return e.N > closed && e.Packet != nil })
	}, claim: "SC5", want: claim.Inconclusive},
	{name: "a segment was lost", of: "direct", do: func(d *doctor) {
		fin := d.first(packetAt(journal.AtSent, "FIN", "ACK"))
		d.again(fin.N, fin, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtDropped, fin.N })
	}, claim: "SC5", want: claim.Inconclusive},
	{name: "on lo the FIN answered by a FIN", of: "direct-loopback", do: func(d *doctor) {
		fin := d.first(packetAt(journal.AtDelivered, "FIN", "ACK"))
		d.again(fin.N, fin, func(e *journal.Event) { e.Packet.Seq++; e.Packet.Ack++ })
	}, claim: "SC5", want: claim.Refuted},

	{name: "through FIN_WAIT2", of: "direct", do: func(d *doctor) {
		d.first(stateTo(journal.Closing, journal.SockDiag)).State.To = journal.FinWait2
		d.first(stateTo(journal.TimeWait, journal.SockDiag)).State.From = journal.FinWait2
	}, claim: "SC6", want: claim.Refuted},
	{name: "CLOSING then gone", of: "direct", do: func(d *doctor) {
		d.first(stateTo(journal.TimeWait, journal.SockDiag)).State.To = journal.Gone
	}, claim: "SC6", want: claim.Refuted},
	{name: "CLOSING not on its own FIN", of: "direct", do: func(d *doctor) {
		d.first(packetAt(journal.AtDelivered, "FIN", "ACK")).Packet.Flags = []string{"ACK"}
	}, claim: "SC6", want: claim.Refuted},
	{name: "CLOSING not seen", of: "direct", do: func(d *doctor) { d.drop(stateTo(journal.Closing, journal.SockDiag)) }, claim: "SC6", want: claim.Inconclusive},
	{name: "TIME_WAIT not seen", of: "direct", do: func(d *doctor) { d.drop(stateTo(journal.TimeWait, journal.SockDiag)) }, claim: "SC6", want: claim.Inconclusive},
	{name: "not closed", of: "direct", do: func(d *doctor) {
		closed := d.first(call("close")).N
		d.dropAll(func(e *journal.Event) bool {
			return e.N >= closed && (e.Packet != nil || e.State != nil || e.Call != nil)
		})
	}, claim: "SC6", want: claim.Inconclusive},
	{name: "on lo it passes inside close", of: "direct-loopback", do: func(*doctor) {}, claim: "SC6", want: claim.Inconclusive},
}

// TestClaimsWithoutAccident: where no socket connected to itself, what it
// would have gone through is neither confirmed nor refuted.
func TestClaimsWithoutAccident(t *testing.T) {
	for i := range program.Scenarios {
		s := &program.Scenarios[i]
		d := newDoctor(t, s.Name)
		d.dropAll(call("getpeername"))
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
