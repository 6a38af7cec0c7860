package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// slabsAre lets the second count of the kernel's objects have been another.
func slabsAre(out string) journaltest.Change {
	return changedNth(1, call(objects), journaltest.Said(out))
}

// notForUsers lets the kernel refuse to count its objects for this user.
var notForUsers = journaltest.ChangedAll(call(objects), func(e *journal.Event) {
	e.Call.Result, e.Call.Errno, e.Call.Out = -1, journal.EACCES, ""
})

// alteredMemory: what a SYN costs the server.
var alteredMemory = []journaltest.Case{
	{Name: "both grew: another program makes sockets", Of: "memory", Do: slabsAre(
		"request_sock_TCP 1144 × 320, TCP 1091 × 2368"), Inconclusive: "BL32", Outcome: claim.OutcomeUnresolved},
	{Name: "sockets instead", Of: "memory", Do: slabsAre("request_sock_TCP 144 × 320, TCP 1091 × 2368"), Refuted: "BL32", Outcome: claim.NotReproduced},
	{Name: "no SYN was answered", Of: "memory", Do: changed(
		journaltest.Folded, func(e *journal.Event) { e.Fold.Segments = nil }), Outcome: claim.OutcomeUnresolved},
	{Name: "sockets instead", Of: "memory", Do: slabsAre("request_sock_TCP 144 × 320, TCP 1091 × 1000"), Refuted: "BL31"},
	{Name: "nothing grew", Of: "memory", Do: slabsAre("request_sock_TCP 144 × 320, TCP 91 × 2368"), Inconclusive: "BL31 BL32"},
	{Name: "not for users", Of: "memory", Do: notForUsers, Inconclusive: "BL31 BL32"},
	{Name: "small sockets", Of: "memory", Do: all(
		changed(call(objects), journaltest.Said("request_sock_TCP 144 × 320, TCP 91 × 1000")),
		slabsAre("request_sock_TCP 144 × 320, TCP 1091 × 1000")), Confirmed: "BL31"},
	{Name: "three sockets for each SYN", Of: "memory", Do: slabsAre("request_sock_TCP 144 × 320, TCP 3591 × 2368"), Inconclusive: "BL32"},
	{Name: "as long as a socket", Of: "memory", Do: changed(call(objects), journaltest.Said("request_sock_TCP 144 × 2000, TCP 91 × 2368")), Refuted: "BL32"},
	{Name: "an unknown cache", Of: "memory", Do: slabsAre("request_sock_TCP unknown, TCP 91 × 2368"), Inconclusive: "BL32"},
}
