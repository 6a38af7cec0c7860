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
	{Name: "as recorded", Of: "with-data", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "none has data", Of: "with-data", Do: journaltest.All(changedAll(withSYN, empty), changedAll(third, empty)), Outcome: claim.NotReproduced},
	{Name: "nobody read", Of: "with-data", Do: droppedAll(call("read")), Outcome: claim.OutcomeUnresolved},
	{Name: "the number is the data", Of: "three", Do: numberIsData, Claim: "HS6", Want: claim.Confirmed},
	{Name: "no third", Of: "three", Do: droppedAll(anySYNACK), Claim: "HS6", Want: claim.Inconclusive},
	{Name: "none has data", Of: "with-data", Do: journaltest.All(changedAll(withSYN, empty), changedAll(third, empty)), Claim: "HS16", Want: claim.Confirmed},
	{Name: "nothing was opened", Of: "with-data", Do: droppedAll(anySYN), Claim: "HS16", Want: claim.Inconclusive},
	{Name: "accept() returned", Of: "with-data", Do: acceptedEarly, Claim: "HS37", Want: claim.Confirmed},
	{Name: "accept() was not called", Of: "with-data", Do: dropped(of("b3", call("accept4"))), Claim: "HS37", Want: claim.Inconclusive},
}

// acceptedEarly lets accept() have returned before data came.
func acceptedEarly(d *journaltest.Journal) {
	c := d.First(of("b3", call("accept4"))).Call
	c.Errno, c.Result, c.Out = "", 30, "b4 from 192.0.2.1:40002"
}

// alteredAccept: the listener and its queue.
var alteredAccept = []journaltest.Case{
	{Name: "as recorded", Of: "accept", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "nobody was connected", Of: "accept", Do: droppedAll(of("a1", entered(journal.Established))), Outcome: claim.NotReproduced},
	{Name: "nobody looked", Of: "accept", Do: droppedAll(func(e *journal.Event) bool { return e.Sample != nil }), Outcome: claim.OutcomeUnresolved},
	{Name: "nobody was connected", Of: "accept", Do: droppedAll(of("a1", entered(journal.Established))), Claim: "HS26", Want: claim.Refuted},
	{Name: "nobody looked", Of: "accept", Do: droppedAll(func(e *journal.Event) bool { return e.Sample != nil }), Claim: "HS26", Want: claim.Inconclusive},
	{Name: "another error", Of: "accept", Do: changed(of("b1", call("accept4")), failed(journal.EINVAL)), Claim: "HS27", Want: claim.Refuted},
	{Name: "not called", Of: "accept", Do: droppedAll(of("b1", call("accept4"))), Claim: "HS27", Want: claim.Inconclusive},
	{Name: "not readable", Of: "accept", Do: changedAll(of("b1", call("epoll_wait")), func(e *journal.Event) { e.Call.Result, e.Call.Out = 0, "" }), Claim: "HS28", Want: claim.Refuted},
	{Name: "not watched", Of: "accept", Do: droppedAll(call("epoll_wait")), Claim: "HS28", Want: claim.Inconclusive},
	{Name: "it stopped listening", Of: "accept", Do: stopped, Claim: "HS29", Want: claim.Refuted},
	{Name: "nobody looked", Of: "accept", Do: droppedAll(func(e *journal.Event) bool { return e.Sample != nil }), Claim: "HS29", Want: claim.Inconclusive},
	{Name: "bound to another", Of: "accept", Do: changed(of("a1", call("bind")), func(e *journal.Event) { e.Call.Args[1] = "192.0.2.1:9" }), Claim: "HS30", Want: claim.Inconclusive},
	{Name: "nobody bound", Of: "accept", Do: droppedAll(of("a1", call("bind"))), Claim: "HS30", Want: claim.Inconclusive},
}

// stopped lets the listener have stopped listening when it had a connection.
func stopped(d *journaltest.Journal) {
	d.After(d.First(of("b2", call("read"))).N, journal.Event{
		Host: "b", Socket: "b1", Kind: journal.KindState,
		State: &journal.State{From: journal.Listen, To: journal.Close, Witness: journal.TCPInfo},
	})
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
	{Name: "as recorded", Of: "tuple", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "a second connection", Of: "tuple", Do: connects(1, journal.EINPROGRESS), Outcome: claim.NotReproduced},
	{Name: "nobody tried", Of: "tuple", Do: droppedAll(call("connect")), Outcome: claim.OutcomeUnresolved},
	{Name: "a second connection", Of: "tuple", Do: connects(1, journal.EINPROGRESS), Claim: "HS33", Want: claim.Refuted},
	{Name: "another error", Of: "tuple", Do: connects(1, journal.ECONNREFUSED), Claim: "HS33", Want: claim.Inconclusive},
	{Name: "the data was not read", Of: "tuple", Do: changedNth(1, of("b3", call("read")), failed(journal.ECONNRESET)), Claim: "HS34", Want: claim.Refuted},
	{Name: "nobody looked", Of: "tuple", Do: droppedAll(func(e *journal.Event) bool { return e.Sample != nil }), Claim: "HS34", Want: claim.Inconclusive},
	{Name: "nobody tried again", Of: "tuple", Do: droppedAll(call("bind")), Claim: "HS31", Want: claim.Inconclusive},
	{Name: "without timestamps too", Of: "tuple", Do: reconnected, Claim: "HS31", Want: claim.Confirmed},
}

// reconnected lets the last connect() have succeeded.
func reconnected(d *journaltest.Journal) {
	var last *journal.Event
	for i := range d.Events {
		if call("connect")(&d.Events[i]) {
			last = &d.Events[i]
		}
	}
	last.Call.Errno = journal.EINPROGRESS
	d.After(last.N, journal.Event{
		Host: "a", Socket: last.Socket, Kind: journal.KindState,
		State: &journal.State{From: journal.SynSent, To: journal.Established, Witness: journal.TCPInfo},
	})
}
