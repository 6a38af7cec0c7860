package main

import (
	"slices"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with.
var suite = journaltest.Suite{
	Program:    &program,
	Recordings: []string{"stall", "delayed", "quickack", "cumulative", "every", "flags", "again"},
	Shown:      []string{"stall", "delayed"},
	Unseen:     0.04,
	Cases:      slices.Concat(alteredStall, alteredDelayed, alteredQuick, alteredOthers),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all        = journaltest.All
	changedNth = journaltest.ChangedNth
	changedAll = journaltest.ChangedAll
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	of         = journaltest.Of
	call       = journaltest.Call
	option     = journaltest.Option
)

// read is the reading of a client's queue.
func read(e *journal.Event) bool {
	return e.Sample != nil && e.Host == "a" && e.Sample.Witness == journal.SockDiag
}

// looked is one that found something unacknowledged.
func looked(e *journal.Event) bool {
	return read(e) && e.Sample.TxQueue > 0 && e.Sample.State == journal.Established
}

// pureAck is an acknowledgement that carries nothing.
func pureAck(e *journal.Event) bool {
	return e.Packet != nil && e.Packet.Flags == journal.ACK && e.Packet.Len == 0
}

// leaving narrows what is looked for to packets that leave a host.
func leaving(host string, w journaltest.Which) journaltest.Which {
	return func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == journal.AtSent && e.Host == host && w(e)
	}
}

// data is a packet with data.
func data(e *journal.Event) bool { return e.Packet != nil && e.Packet.Len > 0 }

// rst are the segments with a RST, wherever they were seen.
func rst(e *journal.Event) bool { return e.Packet != nil && e.Packet.Flags.Has(journal.RST) }

// prompt lets what had not come when the n-th queue was read have come at once.
func prompt(n int) journaltest.Change {
	return func(d *journaltest.Journal) {
		s := *d.Nth(n, looked)
		i := slices.IndexFunc(d.Events, func(e journal.Event) bool { return e.N == s.N })
		sooner := d.Events[i+1].T - d.Events[i-1].T - 1000
		d.Later(s.N+1, -time.Duration(sooner))
		d.Drop(journaltest.Numbered(s.N))
	}
}

// before puts a call before the n-th such event.
func before(n int, w journaltest.Which, socket string, o journal.Option) journaltest.Change {
	return func(d *journaltest.Journal) {
		d.Call(d.Nth(n, w).N-5, socket, "setsockopt", 0, "", socket, string(o), "1")
	}
}

// stalledAtOnce lets the acknowledgement of the very first write have been late.
func stalledAtOnce(d *journaltest.Journal) {
	const late, look = 40 * time.Millisecond, 15e6
	came := d.First(func(e *journal.Event) bool { return data(e) && e.Packet.At == journal.AtDelivered })
	n, t := came.N, came.T
	s := *d.First(looked)
	d.Later(n+1, late)
	d.After(n, journal.Event{T: t + look, Host: s.Host, Socket: s.Socket, Kind: s.Kind, Sample: s.Sample})
}

// neverDown lets the RST have ended nothing.
func neverDown(d *journaltest.Journal) {
	d.DropAll(func(e *journal.Event) bool {
		return e.State != nil && e.Socket == "a2" && e.State.From == journal.Established
	})
}

// The first write of the request that stalled.
const stalledWrite = 6

var alteredStall = []journaltest.Case{
	{Name: "it left at once", Of: "stall", Do: prompt(0), Inconclusive: "NG2 NG3 NG4", Outcome: claim.NotReproduced},
	{Name: "nothing was written", Of: "stall", Do: droppedAll(of("a1", call("write"))), Inconclusive: "NG1", Outcome: claim.OutcomeUnresolved},
	{Name: "nobody looked", Of: "stall", Do: dropped(looked), Outcome: claim.OutcomeUnresolved},
	{Name: "it stalled on the fresh connection too", Of: "stall", Do: stalledAtOnce, Confirmed: "NG1"},
	{Name: "none on a fresh connection", Of: "stall", Do: dropped(of("a1", call("write"))), Inconclusive: "NG1"},
	{Name: "it stalled with TCP_NODELAY", Of: "stall", Do: before(stalledWrite, of("a1", call("write")), "a1", journal.TCPNoDelay), Refuted: "NG2"},
	{Name: "it stalled with MSG_MORE", Of: "stall", Do: changedNth(stalledWrite, of("a1", call("write")), func(e *journal.Event) {
		e.Call.Op, e.Call.Args = "sendmsg", append(e.Call.Args, string(journal.MSGMore))
	}), Refuted: "NG3"},
	{Name: "it stalled with TCP_QUICKACK", Of: "stall", Do: before(stalledWrite, of("a1", call("write")), "b2", journal.TCPQuickAck), Refuted: "NG4"},
	{Name: "once was enough", Of: "stall", Do: prompt(1), Refuted: "NG4"},
}

// waitedOnly leaves of the acknowledgements those before which a queue was read.
func waitedOnly(d *journaltest.Journal) {
	var prompt []int
	waited := false
	for i := range d.Events {
		e := &d.Events[i]
		switch {
		case e.Sample != nil && e.Sample.TxQueue > 0:
			waited = true
		case pureAck(e) && e.Packet.At == journal.AtSent && !waited:
			prompt = append(prompt, e.N)
		case e.Packet != nil && e.Packet.At == journal.AtSent:
			waited = false
		}
	}
	d.DropAll(func(e *journal.Event) bool {
		return slices.Contains(prompt, e.N) || e.Packet != nil && slices.Contains(prompt, e.Packet.Of)
	})
}

// someSlow lets nobody have looked, so that of those that waited nothing is known.
var someSlow = droppedAll(func(e *journal.Event) bool { return e.Sample != nil })

var alteredDelayed = []journaltest.Case{
	{Name: "none was prompt", Of: "delayed", Do: waitedOnly, Confirmed: "DA1", Outcome: claim.NotReproduced},
	{Name: "nobody looked", Of: "delayed", Do: someSlow, Inconclusive: "DA2", Outcome: claim.OutcomeUnresolved},
	{Name: "none was prompt, and nobody looked", Of: "delayed", Do: all(waitedOnly, someSlow), Inconclusive: "DA1"},
}

// carried lets an end have acknowledged only by its reply, after it had set TCP_QUICKACK.
func carried(d *journaltest.Journal) {
	set := d.First(option(journal.TCPQuickAck)).N
	ack := d.First(leaving("b", func(e *journal.Event) bool { return pureAck(e) && e.N > set })).N
	d.DropAll(func(e *journal.Event) bool { return e.N == ack || e.Packet != nil && e.Packet.Of == ack })
}

var alteredQuick = []journaltest.Case{
	{Name: "once was enough", Of: "quickack", Do: prompt(1), Confirmed: "DA4", Outcome: claim.NotReproduced},
	{Name: "never set", Of: "quickack", Do: droppedAll(option(journal.TCPQuickAck)), Inconclusive: "DA3", Outcome: claim.OutcomeUnresolved},
	{Name: "only with the reply", Of: "quickack", Do: carried, Refuted: "DA3"},
	{Name: "nothing was delayed without", Of: "quickack", Do: prompt(0), Inconclusive: "DA3"},
	{Name: "nobody looked", Of: "quickack", Do: droppedAll(looked), Inconclusive: "DA4"},
}

// lost are the segments that the wire dropped.
var lost = journaltest.Lost

// sentAgain lets the client send its first data again at the end.
func sentAgain(d *journaltest.Journal) {
	d.Again(d.First(call("read")).N-5, d.First(leaving("a", data)), nil)
}

// fullSize is a segment of a burst.
func fullSize(e *journal.Event) bool { return e.Packet != nil && e.Packet.Len > 1000 }

// oneEach lets the burst have had as many segments as acknowledgements.
func oneEach(d *journaltest.Journal) {
	first := d.First(fullSize).N
	for d.Count(leaving("b", fullSize)) > d.Count(leaving("a", func(e *journal.Event) bool { return pureAck(e) && e.N > first })) {
		d.Drop(journaltest.Numbered(d.Nth(1, leaving("b", fullSize)).N))
	}
}

// stepByStep lets the burst have had two segments, the second of which left when the first had been
// acknowledged.
func stepByStep(d *journaltest.Journal) {
	sent := leaving("b", fullSize)
	last := *d.Nth(d.Count(sent)-1, sent)
	n := d.First(sent).N
	d.DropAll(func(e *journal.Event) bool { return sent(e) && e.N != n })
	isAck := leaving("a", func(e *journal.Event) bool { return pureAck(e) && e.N > n })
	first, final := d.First(isAck).N, d.Nth(d.Count(isAck)-1, isAck).N
	d.DropAll(func(e *journal.Event) bool { return isAck(e) && e.N != first && e.N != final })
	d.Again(d.First(journaltest.ArrivalOf(first)).N, &last, nil)
}

// bareSegment is one without ACK.
func bareSegment(e *journal.Event) bool { return e.Packet != nil && e.Packet.At == journal.AtInjected }

// sentBehind is the client's first data, sent after its FIN.
func sentBehind(e *journal.Event) bool {
	return e.Packet != nil && e.Packet.Len == len("last words") && e.Packet.At != journal.AtDropped && e.T > 4e6 && e.Host != "" && !isFirst(e)
}

func isFirst(e *journal.Event) bool {
	return e.Packet.At == journal.AtSent && e.Packet.Of == 0 && e.N < 320
}

var alteredOthers = []journaltest.Case{
	{Name: "sent again", Of: "cumulative", Do: sentAgain, Refuted: "DA6", Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "cumulative", Do: droppedAll(lost), Inconclusive: "DA6", Outcome: claim.OutcomeUnresolved},
	{Name: "something was not acknowledged", Of: "cumulative", Do: changedAll(read, func(e *journal.Event) { e.Sample.TxQueue = 5 }), Refuted: "DA5"},
	{Name: "nobody looked", Of: "cumulative", Do: droppedAll(read), Inconclusive: "DA5"},

	{Name: "an ACK for each", Of: "every", Do: oneEach, Inconclusive: "DA7", Outcome: claim.NotReproduced},
	{Name: "nothing was sent", Of: "every", Do: droppedAll(fullSize), Inconclusive: "DA8", Outcome: claim.OutcomeUnresolved},
	{Name: "one after the other", Of: "every", Do: stepByStep, Confirmed: "DA8"},

	{Name: "it was read", Of: "flags", Do: changedNth(
		1, of("b2", call("read")), func(e *journal.Event) { e.Call.Result, e.Call.Errno = 9, "" }), Outcome: claim.NotReproduced},
	{Name: "nothing was made up", Of: "flags", Do: dropped(bareSegment), Outcome: claim.OutcomeUnresolved},
	{Name: "each RST has ACK", Of: "flags", Do: changedAll(rst, func(e *journal.Event) { e.Packet.Flags |= journal.ACK }), Confirmed: "DA9"},
	{Name: "no RST", Of: "flags", Do: droppedAll(rst), Inconclusive: "DA9 DA10"},
	{Name: "the RST ended nothing", Of: "flags", Do: neverDown, Confirmed: "DA10"},
	{Name: "the RST ended nothing, and was of another number", Of: "flags", Do: all(
		neverDown, changedAll(rst, func(e *journal.Event) { e.Packet.Seq += 1 << 20 })), Inconclusive: "DA10"},

	{Name: "not sent again", Of: "again", Do: droppedAll(sentBehind), Refuted: "DA11", Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "again", Do: droppedAll(lost), Inconclusive: "DA11", Outcome: claim.OutcomeUnresolved},
	{Name: "no probe", Of: "again", Do: droppedAll(leaving("a", func(e *journal.Event) bool { return pureAck(e) && e.T > 200e6 })), Inconclusive: "DA12"},
}
