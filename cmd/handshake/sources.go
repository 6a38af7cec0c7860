package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// Where the statements come from.
const (
	three013 = claim.Article000 + "; " + claim.Article001 + "; " + claim.Article003
	rfc793   = "RFC 793; RFC 5961 §4 differs"
)

// What the rules need to see.
var (
	needsSegments = []journal.Witness{journal.Calls, journal.Packets}
	needsStates   = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
	needsEnds     = []journal.Witness{journal.Calls, journal.TCPInfo, journal.SockDiag}
)
