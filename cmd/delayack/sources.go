package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	tcp7  = "tcp(7)"
	field = "field experience; RFC 1122 §4.2.3.4"
)

// What the rules need to see.
var (
	needsQueues = []journal.Witness{journal.Calls, journal.Packets, journal.SockDiag}
	needsInfo   = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo}
)
