package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

var (
	onWire  = []journal.Network{journal.Wire}
	private = []journal.Network{journal.Wire, journal.Loopback}
)

// needsTimeout is why a scenario does not run on the caller's own stack.
const needsTimeout = "it sets " + finTimeoutSetting + ", and the host's settings are never changed"

// program is the phenomenon and the ways to bring it about.
var program = cli.Program{
	Name:    "halfclose",
	Summary: "shutdown versus close, and every way a connection ends",
	Scenarios: []scenario.Scenario{
		{
			Name: "endings", Title: "shutdown three ways, and close: the same peer, the same late data",
			Steps: endings, Phenomenon: fourEndings, Compare: compareEndings,
			Claims: []*claim.Claim{&hc2, &hc7, &hc8, &hc9, &hc12, &hc13},
		},
		{
			Name: "four-way", Title: "the passive end closes after its kernel has acknowledged the FIN",
			Steps: fourWay, Phenomenon: claim.By(&hc1),
			Claims: []*claim.Claim{&hc1, &hc2, &hc3, &hc35, &hc41, &hc42, &hc48},
		},
		{
			Name: "three-way", Title: "the passive end closes while its acknowledgement is delayed, then later, then with TCP_QUICKACK",
			Steps: threeWay, DelayedACK: true, Phenomenon: claim.By(&hc4),
			Claims: []*claim.Claim{&hc1, &hc2, &hc3, &hc4, &hc6, &hc35, &hc42, &hc48},
		},
		{
			Name: "merged-data", Title: "ACK, remaining data and FIN in one segment; beside it, the data written on its own",
			Steps: mergedData, DelayedACK: true, Phenomenon: claim.By(&hc5),
			Claims: []*claim.Claim{&hc5, &hc6, &hc38},
		},
		{
			Name: "late-data", Title: "data from the peer after SHUT_WR, after close, and under way when it closes",
			Steps: lateData, Phenomenon: goingOn, Compare: compareEndings,
			Claims: []*claim.Claim{&hc8, &hc9},
		},
		{
			Name: "queued", Title: "data and FIN have arrived before the first read",
			Steps: queued, Phenomenon: claim.By(&hc37),
			Claims: []*claim.Claim{&hc36, &hc37},
		},
		{
			Name: "held-fin", Title: "the FIN of SHUT_WR is held, then its ACK: what the caller can do meanwhile",
			Steps: heldFIN, Networks: onWire, NoHost: "segments are held, which only the wire can", Phenomenon: stillWaiting,
			Claims: []*claim.Claim{&hc39, &hc40},
		},
		{
			Name: "unread", Title: "close, and shutdown, with received data that nobody has read",
			Steps: unread, Phenomenon: unreadMatters, Compare: compareEndings,
			Claims: []*claim.Claim{&hc10, &hc14},
		},
		{
			Name: "unsent", Title: "close, and SHUT_WR, with unsent data: to a peer that reads, that reads late, that never reads",
			Steps: unsentFor("1"), Phenomenon: unsentArrives, Compare: compareDeliveries,
			Claims: []*claim.Claim{&hc11, &hc15, &hc27},
		},
		{
			Name: "truncated", Title: "the last part of the response is missing: a server that closes too early, and one that lingers",
			Steps: truncated, Phenomenon: answerTruncated, Compare: compareDeliveries,
			Claims: []*claim.Claim{&hc33},
		},
		{
			Name: "shared", Title: "two descriptors of one socket, by dup and by fork: who closes what",
			Steps: shared, Phenomenon: lastToClose,
			Claims: []*claim.Claim{&hc31},
		},
		{
			Name: "threads", Title: "close, and shutdown, while another thread waits in read on the same descriptor",
			Steps: threads, Phenomenon: closeLeavesWaiting,
			Claims: []*claim.Claim{&hc29, &hc30, &hc47},
		},
		{
			Name: "epoll", Title: "what EPOLLIN, EPOLLRDHUP, EPOLLHUP and EPOLLERR say at each step",
			Steps: notices, Phenomenon: indistinct, Compare: compareNotices,
			Claims: []*claim.Claim{&hc7, &hc32},
		},
		{
			Name: "shut-read", Title: "SHUT_RD: what then becomes of arriving data; and on a listener",
			Steps: shutRead, Phenomenon: silentShutdown,
			Claims: []*claim.Claim{&hc12, &hc13, &hc34},
		},
		{
			Name: "orphan-default", Title: "FIN_WAIT2 after close, with tcp_fin_timeout as it is: the timer of the orphan",
			Steps: orphanDefault, Phenomenon: claim.By(&hc44),
			Claims: []*claim.Claim{&hc44},
		},
		{
			Name: "late-closer", Title: "a peer that closes later than tcp_fin_timeout: with it lowered no TIME_WAIT is left",
			Steps: lateCloser, Networks: private, NoHost: needsTimeout, Phenomenon: claim.By(&hc45),
			Claims: []*claim.Claim{&hc45},
		},
		{
			Name: "orphan", Title: "FIN_WAIT2 after close: gone after tcp_fin_timeout, straight to CLOSE",
			Steps: orphan, Networks: private, NoHost: needsTimeout, Phenomenon: orphanGone,
			Claims: []*claim.Claim{&hc16},
		},
		{
			Name: "half-open", Title: "FIN_WAIT2 after SHUT_WR: still there after three times tcp_fin_timeout",
			Steps: halfOpen, Networks: private, NoHost: needsTimeout, Phenomenon: halfOpenStays,
			Claims: []*claim.Claim{&hc8, &hc17},
		},
		{
			Name: "exit", Title: "a process that returns from main, and one that calls _exit, with connections open",
			Steps: exit, Phenomenon: processEnds,
			Claims: []*claim.Claim{&hc18, &hc49},
		},
		{
			Name: "kill", Title: "a process that is killed with SIGKILL or SIGINT, with connections open",
			Steps: kill, Phenomenon: processEnds,
			Claims: []*claim.Claim{&hc18, &hc43, &hc49},
		},
		{
			Name: "leak", Title: "a server that never closes, until it has no descriptor left; and every way out of CLOSE_WAIT",
			Steps: leak, Phenomenon: leaking,
			Claims: []*claim.Claim{&hc19, &hc20, &hc26},
		},
		{
			Name: "time-wait", Title: "how long it lasts, what does not change that, and what it keeps from being bound",
			Steps: timeWait, Phenomenon: lingersOn,
			Claims: []*claim.Claim{&hc21, &hc22, &hc23, &hc24, &hc25, &hc28, &hc46},
		},
	},
	Examples: []cli.Example{
		{Line: "halfclose", Does: "shutdown three ways, and close: one table"},
		{Line: "halfclose truncated", Does: "why the last part of a response is missing"},
	},
}
