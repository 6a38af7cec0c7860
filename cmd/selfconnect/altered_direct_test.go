package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// The segments, and those that left and came with such flags.
const (
	synAck = journal.SYN | journal.ACK
	finAck = journal.FIN | journal.ACK
)

func sent(flags journal.Flags) journaltest.Which { return journaltest.PacketAt(journal.AtSent, flags) }

func came(flags journal.Flags) journaltest.Which {
	return journaltest.PacketAt(journal.AtDelivered, flags)
}

func anyPacket(e *journal.Event) bool { return e.Packet != nil }

// The states that the socket goes through, as they were seen.
var (
	synRecv  = journaltest.StateTo(journal.SynRecv, journal.TCPInfo)
	up       = journaltest.StateTo(journal.Established, journal.TCPInfo)
	closing  = journaltest.StateTo(journal.Closing, journal.SockDiag)
	timeWait = journaltest.StateTo(journal.TimeWait, journal.SockDiag)
)

// cameFrom lets a state have been entered from another one.
func cameFrom(state string) func(*journal.Event) {
	return func(e *journal.Event) { e.State.From = state }
}

// lost lets the copy of a segment be one that the wire dropped.
func lost(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtDropped, e.N }

// synAgain lets the first SYN come again, changed.
func synAgain(change func(*journal.Packet)) journaltest.Change {
	return func(d *journaltest.Journal) { d.SYNAgain(change) }
}

func same(*journal.Packet) {}

// peerOf changes what getpeername returned.
func peerOf(address string) journaltest.Change { return changed(call("getpeername"), said(address)) }

// withECN are the flags of a SYN that asks for ECN.
var withECN = flagged(journal.SYN | journal.ECE | journal.CWR)

// neverAnswered is a run whose SYN was lost.
func neverAnswered(d *journaltest.Journal) {
	syn := d.First(came(journal.SYN))
	syn.Packet.At = journal.AtDropped
	n := max(syn.N, d.First(synRecv).N-1)
	d.DropAll(journaltest.Behind(n, func(e *journal.Event) bool { return e.State != nil || e.Packet != nil }))
	d.First(call("getpeername")).Call.Errno = "ENOTCONN"
}

// finAgain lets the socket send its FIN a second time before the first comes back.
var finAgain = copied(sent(finAck), sent(finAck), nil)

// isGone lets it be gone from FIN_WAIT1.
var isGone = all(changed(closing, becomes(journal.Gone)), dropped(timeWait))

// alteredOpening: SC1 to SC3, and that a socket connects to itself at all.
var alteredOpening = []journaltest.Case{
	{Name: "the peer is another", Of: "direct", Do: peerOf("192.0.2.1:8081"), Inconclusive: "SC1 SC2", Outcome: claim.NotReproduced},
	{Name: "the peer is another", Of: "autobind", Do: peerOf("192.0.2.1:8081"), Outcome: claim.NotReproduced},
	{Name: "getpeername failed", Of: "direct", Do: func(d *journaltest.Journal) {
		d.First(call("getpeername")).Call.Errno = "ENOTCONN"
	}, Outcome: claim.OutcomeUnresolved},
	{Name: "never ESTABLISHED", Of: "direct", Do: droppedAll(journaltest.Entered(journal.Established)), Outcome: claim.NotReproduced},
	{Name: "the SYN was lost", Of: "direct", Do: neverAnswered, Inconclusive: "SC1", Outcome: claim.NotReproduced},
	{Name: "no connect", Of: "direct", Do: all(dropped(call("connect")), dropped(call("getpeername"))), Outcome: claim.OutcomeUnresolved},
	{Name: "a socket listened", Of: "direct", Do: called(call("bind"), "a9", "listen", 0, "", "a9", "1"), Inconclusive: "SC1"},
	{Name: "SIGSTOP: the SYN came again", Of: "direct", Do: synAgain(same), Confirmed: "SC1 SC2 SC3"},
	{Name: "the SYN came again without ECN", Of: "direct", Do: all(
		synAgain(same), changed(sent(journal.SYN), withECN), changed(came(journal.SYN), withECN)), Confirmed: "SC2"},
	{Name: "the SYN-ACK came again", Of: "direct", Do: carried(came(journal.ACK), sent(synAck), same), Confirmed: "SC2"},
	{Name: "the ACK came again", Of: "direct", Do: carried(came(journal.ACK), sent(journal.ACK), func(p *journal.Packet) { p.Win++ }), Confirmed: "SC2"},
	{Name: "a second SYN, another one", Of: "direct", Do: synAgain(func(p *journal.Packet) { p.Seq += 1000 }), Refuted: "SC2"},
	{Name: "the last ACK is missing", Of: "direct", Do: all(dropped(came(journal.ACK)), dropped(sent(journal.ACK))), Refuted: "SC2"},
	{Name: "on lo the last ACK is missing", Of: "direct-loopback", Do: dropped(came(journal.ACK)), Refuted: "SC2"},
	{Name: "a segment was lost", Of: "direct", Do: copied(sent(journal.SYN), sent(journal.SYN), lost), Inconclusive: "SC2"},
	{Name: "SYN_RECV not seen", Of: "direct", Do: dropped(synRecv), Inconclusive: "SC3"},
	{Name: "SYN_RECV skipped", Of: "direct", Do: all(dropped(synRecv), changed(up, cameFrom(journal.SynSent))), Refuted: "SC3"},
	{Name: "the deliveries the other way round", Of: "direct", Do: swapped(came(journal.SYN), came(synAck)), Refuted: "SC3"},
	{Name: "ESTABLISHED before its SYN-ACK", Of: "direct", Do: swapped(came(synAck), up), Refuted: "SC3"},
	{Name: "on lo it passes inside connect, and inside close", Of: "direct-loopback", Do: journaltest.AsRecorded, Inconclusive: "SC3 SC6"},
	{Name: "on lo two looks apart", Of: "direct-loopback", Do: func(d *journaltest.Journal) {
		e := d.First(up)
		d.Again(e.N-journaltest.Spread, e, func(e *journal.Event) { e.State.From, e.State.To = journal.Close, journal.SynSent })
		cameFrom(journal.SynSent)(d.First(up))
	}, Inconclusive: "SC3"},
}

// reads changes what read returned.
func reads(data string, result int64, errno journal.Errno) journaltest.Change {
	return changed(call("read"), returned(result, errno, []byte(data)...))
}

// gave changes the bytes alone.
func gave(data string) func(*journal.Event) {
	return func(e *journal.Event) { e.Call.Data = []byte(data) }
}

// alteredData: SC4.
var alteredData = []journaltest.Case{
	{Name: "other bytes", Of: "direct", Do: reads("hello, us", 9, ""), Refuted: "SC4"},
	{Name: "the end instead", Of: "direct", Do: reads("", 0, ""), Refuted: "SC4"},
	{Name: "an error instead", Of: "direct", Do: reads("", -1, "ECONNRESET"), Refuted: "SC4"},
	{Name: "more than was written", Of: "direct", Do: reads("hello, me and you", 17, ""), Refuted: "SC4"},
	{Name: "nothing yet", Of: "direct", Do: reads("", -1, "EAGAIN"), Inconclusive: "SC4"},
	{Name: "a part of it yet", Of: "direct", Do: reads("hello", 5, ""), Inconclusive: "SC4"},
	{Name: "never read", Of: "direct", Do: dropped(call("read")), Inconclusive: "SC4"},
	{Name: "never written", Of: "direct", Do: dropped(call("write")), Inconclusive: "SC4"},
	{Name: "read in two pieces", Of: "direct", Do: all(
		copied(call("read"), call("read"), gave(", me")), changed(call("read"), gave("hello"))), Confirmed: "SC4"},
	{Name: "other bytes on host", Of: "direct-host", Do: reads("hello, us", 9, ""), Refuted: "SC4"},
}

// afterFIN puts a copy of the FIN, changed, on the wire when the first has come.
func afterFIN(change func(*journal.Packet)) journaltest.Change {
	return carried(came(finAck), sent(finAck), change)
}

// withData lets the FIN come again with the data that had been written before it.
func withData(d *journaltest.Journal) {
	written := len(d.First(call("write")).Call.Data)
	afterFIN(func(p *journal.Packet) { p.Seq, p.Len = p.Seq-uint32(written), written })(d)
}

// anything are events of the connection.
func anything(e *journal.Event) bool { return e.Packet != nil || e.State != nil || e.Call != nil }

// alteredClose: SC5 and SC6.
var alteredClose = []journaltest.Case{
	{Name: "the FIN answered by a FIN", Of: "direct", Do: afterFIN(func(p *journal.Packet) { p.Seq++; p.Ack++ }), Refuted: "SC5"},
	{Name: "the FIN came again", Of: "direct", Do: afterFIN(same), Confirmed: "SC5"},
	{Name: "the FIN came again with the data", Of: "direct", Do: withData, Confirmed: "SC5"},
	{Name: "a RST after the FIN", Of: "direct", Do: afterFIN(func(p *journal.Packet) { p.Flags = journal.RST; p.Seq++ }), Refuted: "SC5"},
	{Name: "the FIN not answered", Of: "direct", Do: droppedBehind(came(finAck), anyPacket), Inconclusive: "SC5"},
	{Name: "no FIN", Of: "direct", Do: droppedBehind(call("close"), anyPacket), Inconclusive: "SC5"},
	{Name: "a segment was lost", Of: "direct", Do: copied(sent(finAck), sent(finAck), lost), Inconclusive: "SC5"},
	{Name: "it was given up", Of: "direct", Do: all(finAgain, isGone, changed(came(finAck), flagged(journal.RST))), Inconclusive: "SC5"},
	{Name: "its FIN came again", Of: "direct", Do: finAgain, Confirmed: "SC5"},
	{Name: "on lo the FIN answered by a FIN", Of: "direct-loopback", Do: copied(
		came(finAck), came(finAck), func(e *journal.Event) { e.Packet.Seq++; e.Packet.Ack++ }), Refuted: "SC5"},

	{Name: "through FIN_WAIT2", Of: "direct", Do: all(
		changed(closing, becomes(journal.FinWait2)), changed(timeWait, cameFrom(journal.FinWait2))), Refuted: "SC6"},
	{Name: "CLOSING then gone", Of: "direct", Do: changed(timeWait, becomes(journal.Gone)), Refuted: "SC6"},
	{Name: "it was given up", Of: "direct", Do: all(finAgain, isGone), Inconclusive: "SC6"},
	{Name: "it was gone at once", Of: "direct", Do: isGone, Refuted: "SC6"},
	{Name: "CLOSING not on its own FIN", Of: "direct", Do: changed(came(finAck), flagged(journal.ACK)), Refuted: "SC6"},
	{Name: "CLOSING not seen", Of: "direct", Do: dropped(closing), Inconclusive: "SC6"},
	{Name: "TIME_WAIT not seen", Of: "direct", Do: dropped(timeWait), Inconclusive: "SC6"},
	{Name: "not closed", Of: "direct", Do: all(droppedBehind(call("close"), anything), dropped(call("close"))), Inconclusive: "SC6"},
}

// itselfAllTheSame lets a client of another port be connected to itself.
func itselfAllTheSame(d *journaltest.Journal) {
	n := d.First(call("connect")).N
	for i, op := range []string{"getsockname", "getpeername"} {
		d.After(n+i, journal.Event{Host: "a", Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{Op: op, Args: []string{"a1"}, Out: "192.0.2.1:50281"}})
	}
	d.State(n+2, "a1", journal.SynSent, journal.Established, journal.TCPInfo)
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
		d.DropAll(call("getpeername"))
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
