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
	asRecorded = journaltest.AsRecorded
	changed    = journaltest.Changed
	changedNth = journaltest.ChangedNth
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	of         = journaltest.Of
	call       = journaltest.Call
)

// lost are the segments that the wire dropped.
func lost(e *journal.Event) bool { return e.Packet != nil && e.Packet.At == journal.AtDropped }

// rst are the segments with a RST, wherever they were seen.
func rst(e *journal.Event) bool { return e.Packet != nil && e.Packet.Flags.Has(journal.RST) }

// down are the states in which a socket is seen torn down.
func down(e *journal.Event) bool {
	return e.State != nil && (e.State.To == journal.Close || e.State.To == journal.Gone) && e.State.From != ""
}

// failed lets a call have failed with another error.
func failed(errno journal.Errno) func(e *journal.Event) {
	return func(e *journal.Event) { e.Call.Result, e.Call.Errno, e.Call.Data = -1, errno, nil }
}

// ended lets a read have returned the end.
func ended(e *journal.Event) { e.Call.Result, e.Call.Errno, e.Call.Data = 0, "", nil }

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
	{Name: "as recorded", Of: "idle", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "never torn down", Of: "idle", Do: droppedAll(of("a1", down)), Outcome: claim.NotReproduced},
	{Name: "no keepalive", Of: "idle", Do: dropped(journaltest.Option(journal.SOKeepAlive)), Outcome: claim.OutcomeUnresolved},
	{Name: "a read found the end", Of: "idle", Do: changedNth(0, of("a1", call("read")), ended), Claim: "KA1", Want: claim.Refuted},
	{Name: "nobody read", Of: "idle", Do: droppedAll(call("read")), Claim: "KA1", Want: claim.Inconclusive},
	{Name: "nothing was lost", Of: "idle", Do: droppedAll(lost), Claim: "KA1", Want: claim.Inconclusive},
	{Name: "never torn down", Of: "idle", Do: droppedAll(of("a1", down)), Claim: "KA3", Want: claim.Refuted},
	{Name: "another error", Of: "idle", Do: changedNth(1, of("a1", call("read")), failed(journal.ECONNRESET)), Claim: "KA3", Want: claim.Refuted},
	{Name: "no keepalive", Of: "idle", Do: dropped(journaltest.Option(journal.SOKeepAlive)), Claim: "KA3", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "writing", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "never torn down", Of: "writing", Do: droppedAll(of("a1", down)), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "writing", Do: droppedAll(lost), Outcome: claim.OutcomeUnresolved},
	{Name: "watched for an hour", Of: "writing", Do: journaltest.All(neverDown, func(d *journaltest.Journal) { d.ElapsedNS = 3600e9 }), Claim: "KA2", Want: claim.Confirmed},
	{Name: "never torn down", Of: "writing", Do: neverDown, Claim: "KA2", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "user-timeout", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "never torn down", Of: "user-timeout", Do: droppedAll(of("a1", down)), Claim: "UT1", Want: claim.Refuted},
	{Name: "before its time", Of: "user-timeout", Do: changed(of("a1", journaltest.Option(journal.TCPUserTimeout)), set("3000")), Claim: "UT1", Want: claim.Refuted},
	{Name: "no timeout", Of: "user-timeout", Do: droppedAll(journaltest.Option(journal.TCPUserTimeout)), Claim: "UT1", Want: claim.Inconclusive},
	{Name: "no timeout", Of: "user-timeout", Do: droppedAll(journaltest.Option(journal.TCPUserTimeout)), Claim: "UT2", Want: claim.Inconclusive},
	{Name: "no timeout", Of: "user-timeout", Do: droppedAll(journaltest.Option(journal.TCPUserTimeout)), Outcome: claim.OutcomeUnresolved},
	{Name: "as many probes as its count", Of: "user-timeout", Do: changed(of("a2", journaltest.Option(journal.TCPKeepCount)), set("1")), Claim: "UT2", Want: claim.Refuted},
	{Name: "as many probes as its count", Of: "user-timeout", Do: changed(of("a2", journaltest.Option(journal.TCPKeepCount)), set("1")), Outcome: claim.NotReproduced},

	{Name: "as recorded", Of: "fin-lost", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "no RST", Of: "fin-lost", Do: droppedAll(rst), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "fin-lost", Do: droppedAll(lost), Outcome: claim.OutcomeUnresolved},
	{Name: "reads found the end", Of: "fin-lost", Do: journaltest.All(changedNth(0, of("a1", call("read")), ended), changedNth(1, of("a1", call("read")), ended)), Claim: "KA4", Want: claim.Confirmed},
	{Name: "nobody read", Of: "fin-lost", Do: droppedAll(of("a1", call("read"))), Claim: "KA4", Want: claim.Inconclusive},
	{Name: "the write failed", Of: "fin-lost", Do: changedNth(1, of("a1", call("write")), failed(journal.ECONNRESET)), Claim: "KA5", Want: claim.Confirmed},
	{Name: "nobody wrote", Of: "fin-lost", Do: droppedAll(of("a1", call("write"))), Claim: "KA5", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "reboot", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "the read found it", Of: "reboot", Do: changedNth(0, of("a1", call("read")), failed(journal.ECONNRESET)), Claim: "KA6", Want: claim.Confirmed},
	{Name: "the read found it", Of: "reboot", Do: changedNth(0, of("a1", call("read")), failed(journal.ECONNRESET)), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "reboot", Do: droppedAll(lost), Claim: "KA6", Want: claim.Inconclusive},
	{Name: "nothing was lost", Of: "reboot", Do: droppedAll(lost), Outcome: claim.OutcomeUnresolved},

	{Name: "as recorded", Of: "nat", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "it was read", Of: "nat", Do: changedNth(1, of("b2", call("read")), ended), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "nat", Do: droppedAll(lost), Outcome: claim.OutcomeUnresolved},
	{Name: "it was not read", Of: "nat", Do: changedNth(1, of("b3", call("read")), failed(journal.EAGAIN)), Claim: "KA7", Want: claim.Refuted},
	{Name: "nothing was lost", Of: "nat", Do: droppedAll(lost), Claim: "KA7", Want: claim.Inconclusive},
	{Name: "the program was stopped, and with it the filter's clock", Of: "nat", Do: journaltest.All(
		changedNth(1, of("b3", call("read")), failed(journal.EAGAIN)), journaltest.HeldUp(of("a2", call("write")), "")), Claim: "KA7", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "unreachable", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "no message came", Of: "unreachable", Do: droppedAll(icmp), Outcome: claim.OutcomeUnresolved},
	{Name: "no message came", Of: "unreachable", Do: droppedAll(icmp), Claim: "KA9", Want: claim.Inconclusive},
	{Name: "torn down at once", Of: "unreachable", Do: endedByMessage, Claim: "KA9", Want: claim.Confirmed},
	{Name: "torn down at once", Of: "unreachable", Do: endedByMessage, Outcome: claim.NotReproduced},

	{Name: "as recorded", Of: "heals", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "something was not read", Of: "heals", Do: changedNth(1, of("b2", call("read")), failed(journal.EAGAIN)), Claim: "KA8", Want: claim.Refuted},
	{Name: "something was not read", Of: "heals", Do: changedNth(1, of("b2", call("read")), failed(journal.EAGAIN)), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "heals", Do: droppedAll(lost), Claim: "KA8", Want: claim.Inconclusive},
	{Name: "nothing was lost", Of: "heals", Do: droppedAll(lost), Outcome: claim.OutcomeUnresolved},
}
