package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	tcp7     = "tcp(7)"
	rfc9293  = "RFC 9293 §3.8"
	folklore = "folklore"
	field    = "field experience with stateful filters"
)

// What the rules need to see.
var needsSegments = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
