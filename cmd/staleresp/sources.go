package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	fieldReports = "bug reports of client libraries"
	rfc7323      = "RFC 7323 §5"
	rfc6191      = "RFC 6191"
)

// What the checks need to see.
var (
	needsCount  = []journal.Witness{journal.Calls, journal.Packets, journal.Counters}
	needsDiag   = []journal.Witness{journal.Calls, journal.Packets, journal.SockDiag}
	needsAll    = []journal.Witness{journal.Calls, journal.Packets, journal.SockDiag, journal.Counters}
	needsStates = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo}
)
