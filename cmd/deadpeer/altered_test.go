package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with.
var suite = journaltest.Suite{
	Program:    &program,
	Recordings: []string{"idle", "writing", "user-timeout", "fin-lost", "reboot", "nat", "heals", "unreachable"},
	Unseen:     0.08,
	Cases:      altered,
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	changed    = journaltest.Changed
	changedNth = journaltest.ChangedNth
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	of         = journaltest.Of
	call       = journaltest.Call
)

// lost are the segments that the wire dropped.
var lost = journaltest.Lost

// rst are the segments with a RST, wherever they were seen.
var rst = journaltest.Flag(journal.RST)

// down are the states in which a socket is seen torn down.
func down(e *journal.Event) bool {
	return e.State != nil && (e.State.To == journal.Close || e.State.To == journal.Gone) && e.State.From != ""
}

// failed lets a call have failed with another error.
func failed(errno journal.Errno) func(e *journal.Event) { return journaltest.Returned(-1, errno) }

// ended lets a read have returned the end.
var ended = journaltest.Returned(0, "")

// set lets a socket have had another value of an option.
func set(value string) func(e *journal.Event) {
	return func(e *journal.Event) { e.Call.Args[2], e.Call.Kept = value, value }
}

// neverDown lets a socket have been there to the end, and its writes have succeeded.
func neverDown(d *journaltest.Journal) {
	journaltest.All(droppedAll(of("a1", down)), dropped(call("sendmsg")), changedNth(1, of("a1", call("read")), failed(journal.EAGAIN)))(d)
}

// icmp are the messages of ICMP.
func icmp(e *journal.Event) bool { return e.Packet != nil && e.Packet.IsICMP() }

// endedByMessage lets each ICMP message about data have ended its connection at once: it was seen
// torn down, its next read failed, and what had been lost was not sent again.
func endedByMessage(d *journaltest.Journal) {
	first := d.First(icmp)
	droppedAll(func(e *journal.Event) bool {
		return e.N > first.N && e.Packet != nil && e.Packet.Len > 0 && e.Packet.At != journal.AtDropped || e.N > first.N && lost(e) && e.T-first.T > 100e6
	})(d)
	for _, id := range []string{"a1", "a2", "a3", "a4"} {
		read := d.First(of(id, call("read")))
		read.Kind, read.Call, read.State = journal.KindState, nil, &journal.State{From: journal.Established, To: journal.Close, Witness: journal.TCPInfo}
		changedNth(0, of(id, call("read")), failed(journal.EHOSTUNREACH))(d)
	}
}

// altered: each claim and outcome, on journals that say otherwise.
var altered = []journaltest.Case{
	{Name: "never torn down", Of: "idle", Do: droppedAll(of("a1", down)), Refuted: "KA3", Outcome: claim.NotReproduced},
	{Name: "no keepalive", Of: "idle", Do: dropped(journaltest.Option(journal.SOKeepAlive)), Inconclusive: "KA3", Outcome: claim.OutcomeUnresolved},
	{Name: "a read found the end", Of: "idle", Do: changedNth(0, of("a1", call("read")), ended), Refuted: "KA1"},
	{Name: "nobody read", Of: "idle", Do: droppedAll(call("read")), Inconclusive: "KA1"},
	{Name: "nothing was lost", Of: "idle", Do: droppedAll(lost), Inconclusive: "KA1"},
	{Name: "another error", Of: "idle", Do: changedNth(1, of("a1", call("read")), failed(journal.ECONNRESET)), Refuted: "KA3"},

	{Name: "never torn down", Of: "writing", Do: droppedAll(of("a1", down)), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "writing", Do: droppedAll(lost), Outcome: claim.OutcomeUnresolved},
	{Name: "watched for an hour", Of: "writing", Do: journaltest.All(neverDown, func(d *journaltest.Journal) { d.ElapsedNS = 3600e9 }), Confirmed: "KA2"},
	{Name: "never torn down", Of: "writing", Do: neverDown, Inconclusive: "KA2"},

	{Name: "never torn down", Of: "user-timeout", Do: droppedAll(of("a1", down)), Refuted: "UT1"},
	{Name: "before its time", Of: "user-timeout", Do: changed(of("a1", journaltest.Option(journal.TCPUserTimeout)), set("3000")), Refuted: "UT1"},
	{Name: "no timeout", Of: "user-timeout", Do: droppedAll(
		journaltest.Option(journal.TCPUserTimeout)), Inconclusive: "UT1 UT2", Outcome: claim.OutcomeUnresolved},
	{Name: "as many probes as its count", Of: "user-timeout", Do: changed(
		of("a2", journaltest.Option(journal.TCPKeepCount)), set("1")), Refuted: "UT2", Outcome: claim.NotReproduced},

	{Name: "no RST", Of: "fin-lost", Do: droppedAll(rst), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "fin-lost", Do: droppedAll(lost), Outcome: claim.OutcomeUnresolved},
	{Name: "reads found the end", Of: "fin-lost", Do: journaltest.All(
		changedNth(0, of("a1", call("read")), ended), changedNth(1, of("a1", call("read")), ended)), Confirmed: "KA4"},
	{Name: "nobody read", Of: "fin-lost", Do: droppedAll(of("a1", call("read"))), Inconclusive: "KA4"},
	{Name: "the write failed", Of: "fin-lost", Do: changedNth(1, of("a1", call("write")), failed(journal.ECONNRESET)), Confirmed: "KA5"},
	{Name: "nobody wrote", Of: "fin-lost", Do: droppedAll(of("a1", call("write"))), Inconclusive: "KA5"},

	{Name: "the read found it", Of: "reboot", Do: changedNth(
		0, of("a1", call("read")), failed(journal.ECONNRESET)), Confirmed: "KA6", Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "reboot", Do: droppedAll(lost), Inconclusive: "KA6", Outcome: claim.OutcomeUnresolved},

	{Name: "it was read", Of: "nat", Do: changedNth(1, of("b2", call("read")), ended), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "nat", Do: droppedAll(lost), Inconclusive: "KA7", Outcome: claim.OutcomeUnresolved},
	{Name: "it was not read", Of: "nat", Do: changedNth(1, of("b3", call("read")), failed(journal.EAGAIN)), Refuted: "KA7"},
	{Name: "the program was stopped, and with it the filter's clock", Of: "nat", Do: journaltest.All(
		changedNth(1, of("b3", call("read")), failed(journal.EAGAIN)), journaltest.HeldUp(of("a2", call("write")), "")), Inconclusive: "KA7"},

	{Name: "no message came", Of: "unreachable", Do: droppedAll(icmp), Inconclusive: "KA9", Outcome: claim.OutcomeUnresolved},
	{Name: "torn down at once", Of: "unreachable", Do: endedByMessage, Confirmed: "KA9", Outcome: claim.NotReproduced},

	{Name: "something was not read", Of: "heals", Do: changedNth(
		1, of("b2", call("read")), failed(journal.EAGAIN)), Refuted: "KA8", Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "heals", Do: droppedAll(lost), Inconclusive: "KA8", Outcome: claim.OutcomeUnresolved},
}
