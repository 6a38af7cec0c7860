package main

import "sockproof/lib/journal"

// rfc9293 is a source of statements.
const rfc9293 = "RFC 9293"

// What the checks need to see.
var (
	needsCalls   = []journal.Witness{journal.Calls}
	needsPackets = []journal.Witness{journal.Calls, journal.Packets}
	needsDiag    = []journal.Witness{journal.Calls, journal.SockDiag}
	needsEnds    = []journal.Witness{journal.Calls, journal.TCPInfo}
	needsStates  = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
)
