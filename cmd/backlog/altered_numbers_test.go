package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// numberOfFirst gives the n-th SYN-ACK of the listener to which the same SYN came twice the
// number of the first.
func numberOfFirst(n int) journaltest.Change {
	return func(d *journaltest.Journal) {
		answers := journaltest.Sent("8081", journal.SYN|journal.ACK)
		number, left := d.First(answers).Packet.Seq, d.Nth(n, answers).N
		changedAll(func(e *journal.Event) bool {
			return e.Packet != nil && (e.N == left || e.Packet.Of == left)
		}, func(e *journal.Event) { e.Packet.Seq, e.Packet.Bytes = number, nil })(d)
	}
}

const fullCookieRun = "cookies-full"

// The SYN-ACKs: for the first SYN, for the same again, from another port, from another address,
// with another MSS of the same class, of another class, and the same two minutes later.

// alteredNumbers: what the number of a SYN-ACK depends on.
var alteredNumbers = []journaltest.Case{
	{Name: "another port, the same number", Of: "cookies", Do: numberOfFirst(2), Refuted: "BL28"},
	{Name: "another address, the same number", Of: "cookies", Do: numberOfFirst(3), Refuted: "BL28"},

	{Name: "in full", Of: fullCookieRun, Do: asRecorded, Confirmed: "BL28", Outcome: claim.Reproduced},
	{Name: "the MSS does not count", Of: fullCookieRun, Do: numberOfFirst(5), Inconclusive: "BL28"},
	{Name: "the same two minutes later", Of: fullCookieRun, Do: numberOfFirst(6), Refuted: "BL28"},
	{Name: "without cookies", Of: fullCookieRun, Do: withoutCookies, Inconclusive: "BL28"},
}
