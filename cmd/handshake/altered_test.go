package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with.
var suite = journaltest.Suite{
	Program: &program,
	Recordings: []string{
		"three", "three-loopback", "three-host", "who-first", "third-lost", "syn-lost", "syn-lost-full", "old-syn", "replay", "two-way", "with-data",
		"accept", "accept-loopback", "tuple", "numbers", "numbers-loopback", "order", "checksum", "fields", "isn", "wrap", "udp",
	},
	Unconfirmed: []string{"HD14"},
	Unseen:      0.05,
	Cases: slices.Concat(
		alteredThree, alteredFirst, alteredLost, alteredOld, alteredData, alteredAccept, alteredTuple,
		alteredNumbers, alteredOrder, alteredFields, alteredISN, alteredUDP,
	),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all        = journaltest.All
	asRecorded = journaltest.AsRecorded
	changed    = journaltest.Changed
	changedAll = journaltest.ChangedAll
	changedNth = journaltest.ChangedNth
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	becomes    = journaltest.Becomes
	flagged    = journaltest.Flagged
	of         = journaltest.Of
	call       = journaltest.Call
	from       = journaltest.From
	entered    = journaltest.Entered
)

// segments are those with exactly these flags, wherever they were seen.
func segments(flags journal.Flags) journaltest.Which {
	return func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Flags == flags }
}

// The segments of an opening.
var (
	anySYN    = segments(journal.SYN)
	anySYNACK = segments(journal.SYN | journal.ACK)
	anyACK    = segments(journal.ACK)
)

// firstACK changes the first ACK of a port, where it left and where it arrived.
func firstACK(port string, change func(p *journal.Packet)) journaltest.Change {
	return func(d *journaltest.Journal) {
		left := d.First(from(port, anyACK))
		n := left.N
		change(left.Packet)
		left.Packet.Bytes = nil
		for i := range d.Events {
			if p := d.Events[i].Packet; p != nil && p.Of == n {
				change(p)
			}
		}
	}
}

// numbered changes the segments that match.
func numbered(w journaltest.Which, change func(p *journal.Packet)) journaltest.Change {
	return changedAll(w, func(e *journal.Event) { change(e.Packet); e.Packet.Bytes = nil })
}

// failed lets a call have failed.
func failed(errno journal.Errno) func(e *journal.Event) { return journaltest.Returned(-1, errno) }

// longer gives a segment data.
func longer(p *journal.Packet) { p.Len = 4 }

// alteredThree: what three segments say.
var alteredThree = []journaltest.Case{
	{Name: "as recorded", Of: "three", Do: asRecorded, Refuted: "HS6"},
	{Name: "no SYN-ACK", Of: "three", Do: droppedAll(anySYNACK), Inconclusive: "HS6 HS18 HS19", Outcome: claim.OutcomeUnresolved},
	{Name: "the SYN came from both", Of: "three", Do: changed(
		journaltest.On("b", journaltest.PacketAt(journal.AtSent, journal.ACK)), flagged(journal.SYN)), Refuted: "HS1", Outcome: claim.NotReproduced},
	{Name: "no SYN", Of: "three", Do: droppedAll(anySYN), Inconclusive: "HS1 HS2 HS15"},
	{Name: "with ECN", Of: "three", Do: all(
		changedAll(anySYN, flagged(journal.SYN|journal.ECE|journal.CWR)), changedAll(anySYNACK, flagged(journal.SYN|journal.ACK|journal.ECE))), Confirmed: "HS1"},
	{Name: "before connect()", Of: "three", Do: connectLater, Refuted: "HS2"},
	{Name: "with PSH and URG", Of: "three", Do: changedAll(anySYN, flagged(journal.SYN|journal.URG)), Refuted: "HS3"},
	{Name: "another number", Of: "three", Do: numbered(anySYNACK, func(p *journal.Packet) { p.Ack += 7 }), Refuted: "HS4"},
	{Name: "another number", Of: "three", Do: firstACK("40001", func(p *journal.Packet) { p.Ack += 7 }), Refuted: "HS5"},
	{Name: "another number", Of: "three", Do: firstACK("40001", func(p *journal.Packet) { p.Seq += 7 }), Refuted: "HS7"},
	{Name: "by one", Of: "three", Do: ackedByOne, Confirmed: "HS8"},
	{Name: "one byte", Of: "three", Do: all(
		ackedByOne, numbered(from("40001", segments(journal.PSH|journal.ACK)), func(p *journal.Packet) { p.Len = 1 })), Inconclusive: "HS8"},
	{Name: "never seen there", Of: "three", Do: droppedAll(of("a1", entered(journal.SynSent))), Refuted: "HS9"},
	{Name: "straight to TIME_WAIT", Of: "three", Do: changed(
		of("a1", journaltest.StateTo(journal.FinWait2, journal.SockDiag)), becomes(journal.TimeWait)), Refuted: "HS13"},
	{Name: "no timer", Of: "three", Do: droppedAll(journaltest.Sampled(journal.TimeWait)), Inconclusive: "HS13"},
	{Name: "with data", Of: "three", Do: numbered(anySYN, longer), Refuted: "HS15"},
	{Name: "no window", Of: "three", Do: numbered(anySYNACK, func(p *journal.Packet) { p.Win = 0 }), Refuted: "HS18"},
	{Name: "an ACK before", Of: "three", Do: ackBefore, Refuted: "HS19"},
	{Name: "a fourth", Of: "three", Do: fourth, Refuted: "HS20"},
	{Name: "nothing was read", Of: "three", Do: droppedAll(of("b2", call("read"))), Inconclusive: "HS20"},
}

// ackedByOne lets every ACK of the server name the number after the first byte of the data.
func ackedByOne(d *journaltest.Journal) {
	data := d.First(from("40001", segments(journal.PSH|journal.ACK))).Packet.Seq
	numbered(func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.Dst.Port() == 40001 && e.Packet.Ack > data
	}, func(p *journal.Packet) { p.Ack = data + 1 })(d)
}

// connectLater lets the SYN have left before connect().
func connectLater(d *journaltest.Journal) {
	connect, syn := d.First(call("connect")), d.First(anySYN)
	*connect, *syn = *syn, *connect
	connect.N, syn.N = syn.N, connect.N
}

// ackBefore lets the listener have sent an ACK before its SYN-ACK.
func ackBefore(d *journaltest.Journal) {
	synAck := d.First(anySYNACK)
	p := *synAck.Packet
	p.Flags, p.Bytes = journal.ACK, nil
	d.After(synAck.N-1, journal.Event{Host: "b", Kind: journal.KindPacket, Packet: &p})
}

// fourth lets the server have answered the third segment.
func fourth(d *journaltest.Journal) {
	p := *d.First(anySYNACK).Packet
	p.Flags, p.Bytes, p.Seq, p.Of = journal.ACK, nil, p.Seq+1, 0
	d.After(d.First(of("a1", call("write"))).N-1, journal.Event{Host: "b", Kind: journal.KindPacket, Packet: &p})
}
