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
	Program:    &program,
	Recordings: []string{"ports", "bind-first", "server", "both", "fin-timeout", "again", "rebind", "recycle"},
	Unseen:     0.05,
	Cases:      slices.Concat(alteredPorts, alteredBound, alteredServer, alteredBoth, alteredLasting, alteredAgain, alteredRebind),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all        = journaltest.All
	changed    = journaltest.Changed
	changedNth = journaltest.ChangedNth
	changedAll = journaltest.ChangedAll
	droppedAll = journaltest.DroppedAll
	becomes    = journaltest.Becomes
	of         = journaltest.Of
	call       = journaltest.Call
)

// failed lets a call have failed.
func failed(errno journal.Errno) func(e *journal.Event) { return journaltest.Returned(-1, errno) }

// connected lets a connect() that failed have begun.
func connected(e *journal.Event) { e.Call.Result, e.Call.Errno = -1, journal.EINPROGRESS }

// waiting are the changes to TIME_WAIT.
var waiting = journaltest.Entered(journal.TimeWait)

// was lets a setting have had another value when it was first read.
func was(name, value string) journaltest.Change {
	return changed(journaltest.Setting(name), func(e *journal.Event) { e.Setting.Old, e.Setting.New = value, value })
}

// caller lets a setting have had another value on the caller's own stack when it was first read.
func caller(name, value string) journaltest.Change {
	return changed(journaltest.Setting(name), func(e *journal.Event) { e.Setting.Caller = value })
}

// The clients of the recording: a1 to a4 closed first. a5 was refused, a6 was connected to another
// server; a7, a8 and a9 tried with tcp_tw_reuse 1, 2 after a second, and 1 after a second.

// takesFive lets a port be taken again after five seconds, which a9 did not wait for.
var takesFive = journaltest.All(was(reuseDelay, "5000"), changed(of("a9", call("connect")), failed(journal.EADDRNOTAVAIL)))

// alteredPorts: who gets the port of a TIME_WAIT.
var alteredPorts = []journaltest.Case{
	{Name: "all were connected", Of: "ports", Do: allConnected, Inconclusive: "TW3", Outcome: claim.NotReproduced},
	{Name: "none was in TIME_WAIT", Of: "ports", Do: droppedAll(waiting), Inconclusive: "TW1 TW15", Outcome: claim.OutcomeUnresolved},
	{Name: "not after a second", Of: "ports", Do: changed(of("a9", call("connect")), failed(journal.EADDRNOTAVAIL)), Confirmed: "TW1", Refuted: "PE3 TW6"},
	{Name: "it was 0", Of: "ports", Do: all(was(twReuse, "0"), caller(twReuse, "0")), Confirmed: "TW5"},
	{Name: "never read", Of: "ports", Do: droppedAll(journaltest.Setting(twReuse)), Inconclusive: "PE3 TW5 TW6"},
	{Name: "it was 0, and 2 on the caller's own stack", Of: "ports", Do: all(was(twReuse, "0"), caller(twReuse, "2")), Inconclusive: "TW5"},
	{Name: "not after a second, and it takes five", Of: "ports", Do: takesFive, Inconclusive: "PE3 TW1 TW6"},
	{Name: "not to another", Of: "ports", Do: changed(of("a6", call("connect")), failed(journal.EADDRNOTAVAIL)), Confirmed: "TW15"},
	{Name: "at once", Of: "ports", Do: atOnce, Refuted: "PE3"},
}

// atOnce lets a client have got a port that was in TIME_WAIT, within a second.
func atOnce(d *journaltest.Journal) {
	connected(d.First(of("a7", call("connect"))))
	d.Sockets = append(slices.Clone(d.Sockets), journal.Socket{ID: "a7", Host: "a", Local: "192.0.2.1:40000", Remote: "192.0.2.2:8080"})
}

// allConnected lets every connect() have begun.
var allConnected = changedAll(func(e *journal.Event) bool {
	return call("connect")(e) && e.Call.Errno == journal.EADDRNOTAVAIL
}, connected)

// alteredBound: what a bind() before connect() costs.
var alteredBound = []journaltest.Case{
	{Name: "more than there are ports", Of: "bind-first", Do: oneMore, Refuted: "PE1", Outcome: claim.NotReproduced},
	{Name: "nobody bound", Of: "bind-first", Do: droppedAll(call("bind")), Inconclusive: "PE1", Outcome: claim.OutcomeUnresolved},
	{Name: "more than there are ports, one of which was refused", Of: "bind-first", Do: all(oneMore, refused("a1")), Inconclusive: "PE1"},
	{Name: "one was refused", Of: "bind-first", Do: refused("a20"), Inconclusive: "PE2"},
	{Name: "no more than there are ports", Of: "bind-first", Do: noCure, Refuted: "PE2"},
	{Name: "without the option", Of: "bind-first", Do: droppedAll(call("setsockopt")), Inconclusive: "PE2"},
}

// noCure lets the option have made no difference: only so many clients as there are ports were
// connected.
func noCure(d *journaltest.Journal) {
	var with []string
	for i := range d.Events {
		if e := &d.Events[i]; journaltest.Option(journal.IPBindNoPort)(e) {
			with = append(with, e.Socket)
		}
	}
	d.DropAll(func(e *journal.Event) bool {
		return e.Call != nil && e.Call.Op == "connect" && slices.Contains(with[few:], e.Socket)
	})
}

// oneMore lets one of the clients with the option have had none.
var oneMore = journaltest.Dropped(journaltest.Option(journal.IPBindNoPort))

// refused lets a client that began to connect never have been connected.
func refused(client string) journaltest.Change {
	return changedAll(of(client, journaltest.Entered(journal.Established)), becomes(journal.Close))
}

// listed lets every listing of TIME_WAIT have found so many of them.
func listed(n int) journaltest.Change {
	return changedAll(func(e *journal.Event) bool { return e.Table != nil }, func(e *journal.Event) {
		e.Table.Sockets = e.Table.Sockets[:min(n, len(e.Table.Sockets))]
	})
}

// notServed lets the last client's words never have been read.
var notServed = droppedAll(func(e *journal.Event) bool {
	return e.Call != nil && string(e.Call.Data) == "still there?" && e.Call.Op == "read"
})

// alteredServer: a server that closes first.
var alteredServer = []journaltest.Case{
	{Name: "not served", Of: "server", Do: notServed, Outcome: claim.NotReproduced},
	{Name: "few were there", Of: "server", Do: listed(3), Inconclusive: "TW2 TW17", Outcome: claim.OutcomeUnresolved},
	{Name: "not served, and refused", Of: "server", Do: all(notServed, changedNth(many, call("connect"), failed(journal.ECONNREFUSED))), Confirmed: "TW2"},
	{Name: "it came to TIME_WAIT", Of: "server", Do: lastWaits, Refuted: "TW17"},
}

// lastWaits lets the server's end that closed last have come to TIME_WAIT.
func lastWaits(d *journaltest.Journal) {
	set := d.First(journaltest.Setting(twBuckets)).N
	changedAll(journaltest.Behind(set, journaltest.On("b", journaltest.Entered(journal.Gone))), becomes(journal.TimeWait))(d)
}

// alteredBoth: who closes first, and settings.
var alteredBoth = []journaltest.Case{
	{Name: "none was in TIME_WAIT", Of: "both", Do: droppedAll(waiting), Refuted: "TW16", Outcome: claim.NotReproduced},
	{Name: "nobody closed", Of: "both", Do: droppedAll(journaltest.Flag(journal.FIN)), Inconclusive: "TW13 TW16", Outcome: claim.OutcomeUnresolved},
	{Name: "none was in TIME_WAIT, and there was no room", Of: "both", Do: all(droppedAll(waiting), noRoom), Inconclusive: "TW16"},
	{Name: "the client went later", Of: "both", Do: clientLater, Confirmed: "TW13"},

	{Name: "it can be read", Of: "recycle", Do: changed(call(readSetting), readable), Confirmed: "TW4", Outcome: claim.NotReproduced},
	{Name: "not read", Of: "recycle", Do: droppedAll(call(readSetting)), Inconclusive: "TW4", Outcome: claim.OutcomeUnresolved},
	{Name: "it is 30", Of: "recycle", Do: was(finTimeout, "30"), Refuted: "TW7"},
	{Name: "it is 30, and 60 on the caller's own stack", Of: "recycle", Do: all(was(finTimeout, "30"), caller(finTimeout, "60")), Inconclusive: "TW7"},
	{Name: "it is the same on the caller's own stack", Of: "recycle", Do: caller(finTimeout, "60"), Confirmed: "TW7"},
	{Name: "not read", Of: "recycle", Do: droppedAll(journaltest.Setting(finTimeout)), Inconclusive: "TW7"},
}

// noRoom lets both kernels have counted that they kept no TIME_WAIT.
var noRoom = journaltest.All(journaltest.Counted("a", "TCPTimeWaitOverflow", 1), journaltest.Counted("b", "TCPTimeWaitOverflow", 1))

// readable lets an old kernel have the setting.
func readable(e *journal.Event) { e.Call.Result, e.Call.Errno, e.Call.Out = 0, "", "0" }

// clientLater lets the client whose server closed first have stayed, and its server have gone.
var clientLater = all(
	changedAll(journaltest.On("b", waiting), becomes(journal.Gone)), changedAll(of("a2", journaltest.Entered(journal.Gone)), becomes(journal.TimeWait)))
