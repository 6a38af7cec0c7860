package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// The clients' ports on the wire, in the order of the connections, and the server's.
const (
	port1     = "40001"
	port2     = "40002"
	port3     = "40003"
	port4     = "40004"
	listening = "8080"
)

// In the recording endings a1 calls shutdown(SHUT_WR), a2 shutdown(SHUT_RD), a3
// shutdown(SHUT_RDWR) and a4 close(); their peers are b2 to b5.

// closedNot lets a connection never have been ended.
func closedNot(socket, op string) journaltest.Change { return droppedAll(call(socket, op)) }

// refusedFIN is the world in which SHUT_RD sends a FIN.
var refusedFIN = copied(call("a2", "shutdown"), sent(port2, ack), flagged(fin))

// notThere lets a3's descriptor have gone with SHUT_RDWR.
var notThere = changed(call("a3", "read"), returns(-1, "EBADF"))

// shutLater lets a2 shut down for writing, too, at the end of its connection.
func shutLater(d *journaltest.Journal) {
	n := d.Nth(1, call("b3", "read")).N
	f := *d.First(sent(port2, ack))
	d.Call(n, "a2", "shutdown", 0, "", "a2", "SHUT_WR")
	d.Again(n+1, &f, flagged(fin))
}

// neverTold lets the peer's kernel not have been told: no state changed there.
func neverTold(socket string) journaltest.Change {
	return droppedAll(stateTo(socket, journal.CloseWait))
}

// neverReset lets the peer not have been reset.
func neverReset(socket string) journaltest.Change {
	return droppedAll(of(socket, journaltest.StateTo(journal.Close, journal.TCPInfo)))
}

// alteredEndings: HC8, HC9, HC12 to HC14, and the scenarios endings and late-data.
var alteredEndings = slices.Concat([]journaltest.Case{
	{Name: "SHUT_RD told the peer", Of: "endings", Do: copied(
		call("a2", "shutdown"), of("b3", journaltest.StateTo(journal.Established, journal.TCPInfo)), becomes(journal.CloseWait)), Outcome: claim.NotReproduced},
	{Name: "SHUT_RDWR did not tell the peer", Of: "endings", Do: neverTold("b4"), Outcome: claim.NotReproduced},
	{Name: "the peer that wrote after close was not reset", Of: "endings", Do: neverReset("b5"), Outcome: claim.NotReproduced},
	{Name: "the peer closed of itself", Of: "endings", Do: called(call("b5", "write"), "b5", "close", 0, "", "b5"), Outcome: claim.NotReproduced},
	{Name: "the late data was not read", Of: "endings", Do: changed(call("a1", "read"), returns(0, "")), Refuted: "HC8", Outcome: claim.NotReproduced},
	{Name: "close was not tried", Of: "endings", Do: closedNot("a4", "close"), Outcome: claim.OutcomeUnresolved},
	{Name: "segments came again", Of: "endings", Do: twice(sent(port1, fin), sent(port3, fin), sent(port3, rst)), Outcome: claim.Reproduced},

	{Name: "the late data was not read", Of: "late-data", Do: changed(call("a1", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "the peer that wrote after close was not reset", Of: "late-data", Do: neverReset("b3"), Outcome: claim.NotReproduced},
	{Name: "segments came again", Of: "late-data", Do: twice(sent(port1, fin), sent(port2, fin), sent(port2, rst)), Outcome: claim.Reproduced},
}, alteredLateData, alteredShutRead, alteredSame)

// alteredLateData: HC8 and HC9.
var alteredLateData = []journaltest.Case{
	{Name: "an error instead of the data", Of: "late-data", Do: changed(call("a1", "read"), returns(-1, "ECONNRESET")), Refuted: "HC8"},
	{Name: "other data", Of: "half-open", Do: changed(call("a1", "read"), returns(2, "", 'n', 'o')), Refuted: "HC8"},
	{Name: "the data had not arrived", Of: "endings", Do: changed(call("a1", "read"), returns(-1, "EAGAIN")), Inconclusive: "HC8"},
	{Name: "the data came again", Of: "late-data", Do: twice(data(listening, journal.AtSent), sent(port1, ack)), Confirmed: "HC8"},

	{Name: "answered with an ACK", Of: "endings", Do: changedAll(sent(port4, rst), flagged(ack)), Refuted: "HC9"},
	{Name: "not answered", Of: "late-data", Do: droppedAll(from(port3, journaltest.PacketAt(journal.AtSent, rst))), Refuted: "HC9"},
	{Name: "not answered on lo", Of: "endings-loopback", Do: droppedAll(journaltest.PacketAt(journal.AtDelivered, rst)), Refuted: "HC9"},
	{Name: "another connection was reset", Of: "endings", Do: all(another(sent(port4, rst)), droppedAll(sent(port4, rst))), Refuted: "HC9"},
	{Name: "something was unread at close", Of: "late-data", Do: all(carriedBefore("a2", port2), carriedBefore("a3", port3)), Inconclusive: "HC9"},
	{Name: "what it had read came again after close", Of: "late-data", Do: readBefore, Confirmed: "HC9"},
	{Name: "the data came again", Of: "late-data", Do: twice(to(port2, data(listening, journal.AtSent)), sent(port2, rst)), Confirmed: "HC9"},
	{Name: "the data was lost once", Of: "late-data", Do: lostOnce(to(port2, data(listening, journal.AtSent))), Confirmed: "HC9"},
}

// carriedBefore lets a byte arrive at a client before it closes; what it is sent
// later follows that.
func carriedBefore(socket, port string) journaltest.Change {
	return func(d *journaltest.Journal) {
		changedAll(to(port, func(e *journal.Event) bool { return e.Packet.Len > 0 }), func(e *journal.Event) { e.Packet.Seq++ })(d)
		like := d.First(to(port, data(listening, journal.AtSent)))
		d.Carry(d.First(call(socket, "close")).N-3, like, func(p *journal.Packet) { p.Seq, p.Len = p.Seq-1, 1 })
	}
}

// readBefore lets a2 have read a byte before it closed, and that byte come once
// more: the kernel acknowledges it again, and there is nothing to reject.
func readBefore(d *journaltest.Journal) {
	carriedBefore("a2", port2)(d)
	d.Call(d.First(call("a2", "close")).N-1, "a2", "read", 1, "", "a2", "64")
	like := *d.First(to(port2, data(listening, journal.AtSent)))
	again := *d.First(sent(port2, ack))
	n := d.First(call("a2", "close")).N
	d.Carry(n, &like, func(*journal.Packet) {})
	d.Again(n+2, &again, nil)
}

// alteredShutRead: HC12 and HC13.
var alteredShutRead = []journaltest.Case{
	{Name: "it sent a FIN", Of: "endings", Do: refusedFIN, Refuted: "HC12"},
	{Name: "it sent a RST", Of: "shut-read", Do: copied(call("a1", "shutdown"), sent(port1, ack), flagged(rst)), Refuted: "HC12"},
	{Name: "an ACK was due", Of: "endings", Do: copied(call("a2", "shutdown"), sent(port2, ack), nil), Confirmed: "HC12"},
	{Name: "it shut down for writing too, later", Of: "endings", Do: shutLater, Confirmed: "HC12"},
	{Name: "another connection's FIN", Of: "endings", Do: another(sent(port1, fin)), Confirmed: "HC12"},
	{Name: "read returned the end", Of: "endings", Do: changed(call("a2", "read"), returns(0, "")), Confirmed: "HC13"},
	{Name: "what came before was still there, what came after was not", Of: "shut-read", Do: all(
		changedNth(1, call("a1", "read"), returns(0, "")), changedNth(1, call("a2", "read"), returns(0, ""))), Confirmed: "HC13"},
	{Name: "read failed", Of: "endings", Do: changed(call("a2", "read"), returns(-1, "EAGAIN")), Inconclusive: "HC13"},
	{Name: "the data came again", Of: "endings", Do: twice(to(port2, data(listening, journal.AtSent))), Refuted: "HC13"},
}

// alteredSame: HC14.
var alteredSame = []journaltest.Case{
	{Name: "both sent a RST", Of: "unread", Do: changedAll(journaltest.Flag(journal.FIN), flagged(rstAck)), Confirmed: "HC14"},
	{Name: "with data unread they are not the same", Of: "unread", Do: notThere, Refuted: "HC14"},
}
