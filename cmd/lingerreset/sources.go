package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	article000 = "article 000, “TCP三次握手四次挥手详解”"
	article004 = "article 004, “TCP两次挥手,你见过吗?那四次握手呢?”"
	rfc9293    = "RFC 9293"
)

// What the checks need to see.
var (
	needsCalls   = []journal.Witness{journal.Calls}
	needsPackets = []journal.Witness{journal.Calls, journal.Packets}
	needsDiag    = []journal.Witness{journal.Calls, journal.SockDiag}
	needsEnds    = []journal.Witness{journal.Calls, journal.TCPInfo}
	needsStates  = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
)
