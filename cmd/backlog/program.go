package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

var onWire = []journal.Network{journal.Wire}

// needsStrangers and needsHolding are why some scenarios run nowhere else.
const (
	needsStrangers = "SYNs from addresses that do not answer are made up, which only the wire can"
	needsHolding   = "segments have to be held until others are under way"
)

// program is the phenomenon and the ways to bring it about.
var program = cli.Program{
	Name:    "backlog",
	Summary: "a listener's SYN queue and accept queue: who gets in when they are full",
	Scenarios: []scenario.Scenario{
		{
			Name: "accept-queue", Title: "nobody accepts: the accept queue is full, and a new SYN is dropped",
			Steps: acceptQueue, Phenomenon: isUnanswered,
			Claims: []*claim.Claim{&bl13, &bl15, &bl39},
		},
		{
			Name: "crossing", Title: "handshakes are under way when the last place is taken: the third segment is dropped, or answered with RST",
			Steps: crossing, Networks: onWire, NoHost: needsHolding, Phenomenon: claim.By(&bl9),
			Claims: []*claim.Claim{&bl9, &bl10, &bl11, &bl13, &bl14, &bl16, &bl37},
		},
		{
			Name: "never-room", Title: "nobody ever accepts: the server forgets a client that thinks it is connected",
			Steps: neverRoom, Networks: onWire, NoHost: needsHolding, Phenomenon: isForgotten,
			Claims: []*claim.Claim{&bl12, &bl17},
		},
		{
			Name: "syn-queue", Title: "how many half-open connections a listener has room for, without cookies",
			Steps: synQueue, Networks: onWire, NoHost: needsStrangers, Phenomenon: isBounded,
			Claims: []*claim.Claim{&bl1, &bl18, &bl19, &bl20, &bl21, &bl22, &bl23, &sf4},
		},
		{
			Name: "flood", Title: "SYNs from addresses that do not answer, and an honest client: with tcp_syncookies 0, 1 and 2",
			Steps: flood, Networks: onWire, NoHost: needsStrangers, Phenomenon: claim.By(&sf1),
			Claims: []*claim.Claim{&bl24, &bl25, &bl30, &bl38, &sf1, &sf2},
		},
		{
			Name: "mitigated", Title: "a flood without cookies: a longer queue, and one whose entries are soon given up",
			Steps: mitigated, Networks: onWire, NoHost: needsStrangers, Phenomenon: claim.By(&bl35),
			Claims: []*claim.Claim{&bl35},
		},
		{
			Name: "memory", Title: "what a half-open connection costs the server: SYNs of strangers, and the kernel's memory",
			Steps: memory, Networks: onWire, NoHost: needsStrangers, Phenomenon: claim.By(&bl32),
			Claims: []*claim.Claim{&bl31, &bl32},
		},
		{
			Name: "synack-retries", Title: "clients that are dead after their SYN: how often the SYN-ACK is sent again, and when",
			Steps: synAckSeries, Full: fullRetries, Networks: onWire, NoHost: needsStrangers, Phenomenon: claim.By(&bl36),
			Claims: []*claim.Claim{&bl2, &bl3, &bl4, &bl5, &bl6, &bl7, &bl8, &bl36},
		},
		{
			Name: "cookies", Title: "the server answers with cookies: what comes back, right and wrong, and what is lost without timestamps",
			Steps: cookies, Full: fullCookies, Networks: onWire, NoHost: needsHolding, Phenomenon: claim.By(&bl26), Compare: compareNumbers,
			Claims: []*claim.Claim{&bl26, &bl27, &bl28, &bl29, &sf3},
		},
		{
			Name: "cookie-overflow", Title: "a client brings its cookie back to a full accept queue: it is connected, and its server has never heard of it",
			Steps: cookieOverflow, Networks: onWire, NoHost: needsHolding, Phenomenon: isUnheardOf,
			Claims: []*claim.Claim{&bl40},
		},
		{
			Name: "proxy", Title: "a SYN proxy answers for the server: whose numbers are shifted",
			Steps: proxy, Networks: onWire, NoHost: "the kernel's SYN proxy is set up in a namespace", Phenomenon: claim.By(&bl33),
			Claims: []*claim.Claim{&bl33},
		},
		{
			Name: "safe-reset", Title: "a firewall answers a SYN with a wrong number: RST, and the client begins again",
			Steps: safeReset, Networks: onWire, NoHost: needsHolding, Phenomenon: claim.By(&bl34),
			Claims: []*claim.Claim{&bl34},
		},
		{
			Name: "reuseport", Title: "one of two listeners on a port closes while connections wait: who is reset",
			Steps: reusePort, Networks: []journal.Network{journal.Wire, journal.Loopback}, NoHost: "it takes a kernel setting", Phenomenon: claim.By(&rp1),
			Claims: []*claim.Claim{&rp1, &rp2},
		},
	},
	Examples: []cli.Example{
		{Line: "backlog", Does: "a full accept queue, and the client that calls then"},
	},
}
