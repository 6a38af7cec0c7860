package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording epoll a1 calls close(), a2 shutdown(SHUT_WR); b2 and b3 ask
// epoll eight times each, the fourth time after that.

// afterEnd is which of the peer's questions to epoll comes first after the ending.
const afterEnd = 3

// otherOrder lets sock_diag have been asked before TCP_INFO once.
var otherOrder = swapped(of("b2", journaltest.StateTo(journal.CloseWait, journal.TCPInfo)), seen("b2", journal.CloseWait))

// seenLate lets the captured FIN have been taken in after the states, once.
var seenLate = swapped(journaltest.PacketAt(journal.AtDelivered, fin), seen("b2", journal.CloseWait))

// forsaken lets a4 be gone before its peer reads, and a RST of its kernel's arrive.
func forsaken(d *journaltest.Journal) {
	end, n := *d.First(arriving(port4, fin)), d.First(call("b5", "read")).N-1
	d.State(n, "a4", journal.FinWait1, journal.Gone, journal.SockDiag)
	d.Carry(n+1, &end, func(p *journal.Packet) { p.Flags = rst })
}

// alteredEpoll: HC7 and HC32, and the scenario epoll.
var alteredEpoll = []journaltest.Case{
	{Name: "data after close", Of: "endings", Do: changed(call("b5", "read"), returns(3, "", 'b', 'y', 'e')), Refuted: "HC7"},
	{Name: "ECONNRESET after close", Of: "endings", Do: changed(call("b5", "read"), returns(-1, "ECONNRESET")), Refuted: "HC7"},
	{Name: "EAGAIN after SHUT_WR", Of: "endings-loopback", Do: changed(call("b2", "read"), returns(-1, "EAGAIN")), Inconclusive: "HC7"},
	{Name: "another segment after close", Of: "endings", Do: changed(arriving(port4, fin), flagged(journal.FIN|journal.URG|journal.ACK)), Refuted: "HC7"},
	{Name: "another state after close", Of: "endings", Do: changed(seen("b5", journal.CloseWait), becomes(journal.LastAck)), Refuted: "HC7"},
	{Name: "another answer of epoll after close", Of: "epoll", Do: changedNth(
		afterEnd, call("b2", "epoll_wait"), said("EPOLLIN|EPOLLRDHUP|EPOLLHUP")), Refuted: "HC7", Inconclusive: "HC32"},
	{Name: "close was not tried", Of: "epoll", Do: closedNot("a1", "close"), Inconclusive: "HC7", Outcome: claim.OutcomeUnresolved},
	{Name: "a FIN came again", Of: "endings", Do: twice(sent(port4, fin)), Confirmed: "HC7"},
	{Name: "a FIN was lost once", Of: "endings", Do: lostOnce(sent(port4, fin)), Confirmed: "HC7"},
	{Name: "a FIN came again, and the end was given up", Of: "endings", Do: all(twice(sent(port4, fin)), forsaken), Inconclusive: "HC7"},
	{Name: "a RST followed the FIN at once", Of: "endings", Do: forsaken, Refuted: "HC7"},
	{Name: "the witnesses looked in another order", Of: "endings", Do: otherOrder, Confirmed: "HC7"},
	{Name: "the capture was read later", Of: "endings-loopback", Do: seenLate, Confirmed: "HC7"},
	{Name: "another connection's FIN", Of: "endings", Do: another(sent(port3, fin)), Confirmed: "HC7"},

	{Name: "another bit after SHUT_WR", Of: "epoll", Do: changedNth(afterEnd, call("b3", "epoll_wait"), said("EPOLLIN|EPOLLRDHUP")), Refuted: "HC32"},
	{Name: "no EPOLLRDHUP after SHUT_WR", Of: "epoll", Do: changedNth(afterEnd, call("b3", "epoll_wait"), said("EPOLLIN|EPOLLOUT")), Confirmed: "HC32"},
	{Name: "epoll was asked too late", Of: "epoll", Do: called(call("a1", "close"), "b2", "write", 1, "", "b2", "1"), Inconclusive: "HC32"},
	{Name: "SHUT_WR was not tried", Of: "epoll", Do: closedNot("a2", "shutdown"), Inconclusive: "HC32"},
	{Name: "epoll told them apart", Of: "epoll", Do: changedNth(afterEnd, call("b2", "epoll_wait"), said("EPOLLHUP")), Outcome: claim.NotReproduced},
	{Name: "a FIN came again", Of: "epoll", Do: twice(sent(port1, fin)), Outcome: claim.Reproduced},
}

// elsewhere lets the client that was refused have called another address.
var elsewhere = changedNth(3, journaltest.Call("connect"), func(e *journal.Event) { e.Call.Args = []string{"a4", "192.0.2.2:9"} })

// unanswered lets the client that called the listener afterwards not be refused;
// welcomed lets it connect.
var unanswered = changed(call("a4", "getsockopt"), said("0"))

var welcomed = all(unanswered, changed(stateFrom("a4", journal.SynSent), becomes(journal.Established)))

// alteredListener: HC34, and the scenario shut-read.
var alteredListener = []journaltest.Case{
	{Name: "accept found somebody", Of: "shut-read", Do: changedNth(2, call("b1", "accept4"), returns(30, "")), Refuted: "HC34"},
	{Name: "accept found nobody yet", Of: "shut-read", Do: changedNth(2, call("b1", "accept4"), returns(-1, "EAGAIN")), Refuted: "HC34"},
	{Name: "the next client connected", Of: "shut-read", Do: welcomed, Refuted: "HC34"},
	{Name: "the next client was not answered", Of: "shut-read", Do: unanswered, Inconclusive: "HC34"},
	{Name: "another listener refused it", Of: "shut-read", Do: elsewhere, Inconclusive: "HC34"},
	{Name: "nobody accepted", Of: "shut-read", Do: dropped(func(e *journal.Event) bool {
		return journaltest.Call("accept4")(e) && e.Call.Errno == "EINVAL"
	}), Inconclusive: "HC34"},
	{Name: "the listener was not shut down", Of: "shut-read", Do: closedNot("b1", "shutdown"), Inconclusive: "HC34", Outcome: claim.OutcomeUnresolved},
	{Name: "SHUT_RD told the peer", Of: "shut-read", Do: copied(
		call("a1", "shutdown"), of("b2", journaltest.StateTo(journal.Established, journal.TCPInfo)), becomes(journal.CloseWait)), Outcome: claim.NotReproduced},
}

// In the recording threads a1 is closed while a thread waits in read, a2 is shut
// down both ways.

// wokenAt lets a waiting read have returned something a moment after a call.
func wokenAt(socket string, by journaltest.Which, result int64, errno journal.Errno) journaltest.Change {
	return func(d *journaltest.Journal) {
		end := d.First(by).T + 1e6
		changed(call(socket, "read"), returns(result, errno))(d)
		c := d.First(call(socket, "read"))
		c.Call.TookNS = end - c.T
	}
}

// wokenByClose is the world in which close wakes the reader: nobody need send.
var wokenByClose = all(wokenAt("a1", call("a1", "close"), 0, ""), droppedAll(call("b2", "write")))

// notWoken is the world in which shutdown does not: the peer's data does.
func notWoken(d *journaltest.Journal) {
	n := d.First(call("a2", "shutdown")).N
	d.Call(n, "b3", "write", 4, "", "b3", "4")
	d.First(call("b3", "write")).Call.Data = []byte("data")
	changed(call("a2", "read"), returns(4, "", []byte("data")...))(d)
}

// closedByPeer lets the peer end the connection as well, before the read returns.
var closedByPeer = copied(call("a1", "close"), call("a1", "close"), func(e *journal.Event) {
	e.Host, e.Socket, e.T = "b", "b2", e.T+1e5
})

// otherWay lets the read that shutdown woke have been recorded before it.
func otherWay(d *journaltest.Journal) {
	read, shut := d.First(call("a2", "read")), d.First(call("a2", "shutdown"))
	rt, st := read.T, shut.T
	d.Swap(read, shut)
	d.First(call("a2", "read")).T, d.First(call("a2", "shutdown")).T = rt, st
}

// alteredThreads: HC29 and HC30, and the scenario threads.
var alteredThreads = []journaltest.Case{
	{Name: "it was interrupted, and made again", Of: "threads", Do: wokenAt(
		"a1", call("a1", "close"), -1, "EBADF"), Inconclusive: "HC29", Outcome: claim.OutcomeUnresolved},
	{Name: "close woke it", Of: "threads", Do: wokenByClose, Confirmed: "HC29", Outcome: claim.NotReproduced},
	{Name: "close woke it with the end", Of: "threads-host", Do: wokenAt("a1", call("a1", "close"), 0, ""), Confirmed: "HC29"},
	{Name: "it was stopped and continued", Of: "threads", Do: all(wokenByClose, journaltest.HeldUp(call("a1", "close"), "")), Inconclusive: "HC29"},
	{Name: "it was stopped and continued, and returned the end", Of: "threads", Do: journaltest.HeldUp(call("a2", "shutdown"), "SIGCONT"), Inconclusive: "HC30"},
	{Name: "it was stopped and continued, and woken by data", Of: "threads", Do: journaltest.HeldUp(call("a1", "close"), ""), Refuted: "HC29"},
	{Name: "it was stopped later", Of: "threads", Do: all(wokenByClose, journaltest.HeldUp(call("a2", "read"), "")), Confirmed: "HC29"},
	{Name: "it had returned before", Of: "threads", Do: changed(call("a1", "read"), func(e *journal.Event) { e.Call.TookNS = 1000 }), Inconclusive: "HC29"},
	{Name: "the peer closed too", Of: "threads", Do: all(wokenByClose, closedByPeer), Inconclusive: "HC29"},
	{Name: "the data came again", Of: "threads", Do: twice(to(port1, data(listening, journal.AtSent))), Refuted: "HC29"},
	{Name: "shutdown did not wake it, data did", Of: "threads", Do: notWoken, Refuted: "HC30", Outcome: claim.NotReproduced},
	{Name: "SHUT_WR woke it", Of: "threads", Do: all(wokenAt("a3", call("a3", "shutdown"), 0, ""), droppedAll(call("b4", "write"))), Confirmed: "HC47"},
	{Name: "the read was recorded before the shutdown", Of: "threads", Do: otherWay, Confirmed: "HC30"},
	{Name: "the FIN came again", Of: "threads", Do: twice(sent(port2, fin)), Confirmed: "HC30"},
	{Name: "it was not seen to wait", Of: "threads", Do: dropped(of("a1", process("blocked"))), Outcome: claim.OutcomeUnresolved},
}

// alteredNotice: what is noticed of an ending, and by whom.
var alteredNotice = slices.Concat(alteredEpoll, alteredListener, alteredThreads)
