package main

import (
	"fmt"
	"time"

	"sockproof/lib/journal"
)

// Where some statements come from.
const rfc9293 = "RFC 9293"

// What the rules need to see. Whether a scenario's phenomenon was seen is judged by what the
// programs at both ends noticed, so that it can be told where no packet may be captured.
var (
	needsCalls   = []journal.Witness{journal.Calls}
	needsEnds    = []journal.Witness{journal.Calls, journal.TCPInfo}
	needsPackets = []journal.Witness{journal.Calls, journal.Packets}
	needsStates  = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
	needsDiag    = []journal.Witness{journal.Calls, journal.SockDiag}
)

// seconds renders a time for a sentence.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
