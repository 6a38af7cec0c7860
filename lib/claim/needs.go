package claim

import "sockproof/lib/journal"

// What most rules need to see: the calls, and with them packets, what TCP_INFO shows of an end, what sock_diag
// too shows of it, or all of these.
var (
	NeedsCalls   = []journal.Witness{journal.Calls}
	NeedsPackets = []journal.Witness{journal.Calls, journal.Packets}
	NeedsInfo    = []journal.Witness{journal.Calls, journal.TCPInfo}
	NeedsEnds    = []journal.Witness{journal.Calls, journal.TCPInfo, journal.SockDiag}
	NeedsStates  = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
)
