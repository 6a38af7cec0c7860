package main

import (
	"encoding/binary"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// numberIsData lets the third segment's data be the number.
func numberIsData(d *journaltest.Journal) {
	e := d.First(from("40001", anyACK))
	e.Packet.Len = 4
	raw := binary.BigEndian.AppendUint32(slices.Clone(e.Packet.Bytes), e.Packet.Ack)
	raw[2], raw[3] = byte(len(raw)>>8), byte(len(raw)) // IPv4's total length
	e.Packet.Bytes = raw
}

// empty takes the data of every segment that opens a connection.
func empty(e *journal.Event) { e.Packet.Len, e.Packet.Bytes = 0, nil }

// withSYN are the SYNs that carry data.
func withSYN(e *journal.Event) bool { return anySYN(e) && e.Packet.Len > 0 }

// third are the segments with which a1 completed its opening.
var third = from("40001", segments(journal.PSH|journal.ACK))

// alteredData: data in segments that open a connection.
var alteredData = []journaltest.Case{
	{Name: "none has data", Of: "with-data", Do: all(changedAll(withSYN, empty), changedAll(third, empty)), Confirmed: "HS16", Outcome: claim.NotReproduced},
	{Name: "nobody read", Of: "with-data", Do: droppedAll(call("read")), Outcome: claim.OutcomeUnresolved},
	{Name: "the number is the data", Of: "three", Do: numberIsData, Confirmed: "HS6"},
	{Name: "nothing was opened", Of: "with-data", Do: droppedAll(anySYN), Inconclusive: "HS16"},
	{Name: "accept() returned", Of: "with-data", Do: acceptedEarly, Confirmed: "HS37"},
	{Name: "accept() was not called", Of: "with-data", Do: dropped(of("b3", call("accept4"))), Inconclusive: "HS37"},
}

// acceptedEarly lets accept() have returned before data came.
func acceptedEarly(d *journaltest.Journal) {
	c := d.First(of("b3", call("accept4"))).Call
	c.Errno, c.Result, c.Out = "", 30, "b4 from 192.0.2.1:40002"
}

// alteredAccept: the listener and its queue.
var alteredAccept = []journaltest.Case{
	{Name: "nobody was connected", Of: "accept", Do: droppedAll(of("a1", entered(journal.Established))), Refuted: "HS26", Outcome: claim.NotReproduced},
	{Name: "nobody looked", Of: "accept", Do: droppedAll(
		func(e *journal.Event) bool { return e.Sample != nil }), Inconclusive: "HS26 HS29", Outcome: claim.OutcomeUnresolved},
	{Name: "another error", Of: "accept", Do: changed(of("b1", call("accept4")), failed(journal.EINVAL)), Refuted: "HS27"},
	{Name: "not called", Of: "accept", Do: droppedAll(of("b1", call("accept4"))), Inconclusive: "HS27"},
	{Name: "not readable", Of: "accept", Do: changedAll(
		of("b1", call("epoll_wait")), func(e *journal.Event) { e.Call.Result, e.Call.Out = 0, "" }), Refuted: "HS28"},
	{Name: "not watched", Of: "accept", Do: droppedAll(call("epoll_wait")), Inconclusive: "HS28"},
	{Name: "it stopped listening", Of: "accept", Do: stopped, Refuted: "HS29"},
	{Name: "bound to another", Of: "accept", Do: changed(
		of("a1", call("bind")), func(e *journal.Event) { e.Call.Args[1] = "192.0.2.1:9" }), Inconclusive: "HS30"},
	{Name: "nobody bound", Of: "accept", Do: droppedAll(of("a1", call("bind"))), Inconclusive: "HS30"},
}

// stopped lets the listener have stopped listening when it had a connection.
func stopped(d *journaltest.Journal) {
	d.State(d.First(of("b2", call("read"))).N, "b1", journal.Listen, journal.Close, journal.TCPInfo)
}

// connects lets a connect() have returned something else.
func connects(n int, errno journal.Errno) journaltest.Change {
	return changedNth(n, call("connect"), func(e *journal.Event) {
		e.Call.Errno, e.Call.Result = errno, 0
		if errno != "" {
			e.Call.Result = -1
		}
	})
}

// alteredTuple: the same four again.
var alteredTuple = []journaltest.Case{
	{Name: "a second connection", Of: "tuple", Do: connects(1, journal.EINPROGRESS), Refuted: "HS33", Outcome: claim.NotReproduced},
	{Name: "nobody tried", Of: "tuple", Do: droppedAll(call("connect")), Outcome: claim.OutcomeUnresolved},
	{Name: "another error", Of: "tuple", Do: connects(1, journal.ECONNREFUSED), Inconclusive: "HS33"},
	{Name: "the data was not read", Of: "tuple", Do: changedNth(1, of("b3", call("read")), failed(journal.ECONNRESET)), Refuted: "HS34"},
	{Name: "nobody looked", Of: "tuple", Do: droppedAll(func(e *journal.Event) bool { return e.Sample != nil }), Inconclusive: "HS34"},
	{Name: "nobody tried again", Of: "tuple", Do: droppedAll(call("bind")), Inconclusive: "HS31"},
	{Name: "without timestamps too", Of: "tuple", Do: reconnected, Confirmed: "HS31"},
}

// reconnected lets the last connect() have succeeded.
func reconnected(d *journaltest.Journal) {
	last := d.Nth(d.Count(call("connect"))-1, call("connect"))
	last.Call.Errno = journal.EINPROGRESS
	d.State(last.N, last.Socket, journal.SynSent, journal.Established, journal.TCPInfo)
}
