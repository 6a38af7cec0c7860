package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// needsHolding is why some scenarios run nowhere else.
const needsHolding = "segments have to be held, lost or made up, which only the wire can"

// program is the phenomenon and the ways to bring it about.
var program = cli.Program{
	Name:    "handshake",
	Summary: "a connection is opened: each segment, each number, each state, and who knows what",
	Scenarios: scenario.WireOnly(needsHolding, []scenario.Scenario{
		{
			Name: "three", Title: "SYN, SYN-ACK, ACK; one line; and the client closes first",
			Steps: three, Networks: journal.Networks(), Phenomenon: claim.By(&hs1),
			Claims: []*claim.Claim{&hs1, &hs2, &hs3, &hs4, &hs5, &hs6, &hs7, &hs8, &hs9, &hs13, &hs15, &hs18, &hs19, &hs20},
		},
		{
			Name: "who-first", Title: "the third segment is held: who is ESTABLISHED, and who is not",
			Steps: whoFirst, Phenomenon: isFirst, Claims: []*claim.Claim{&hs10, &hs11, &hs12, &hs14, &hs25},
		},
		{
			Name: "third-lost", Title: "the third segment is lost: data completes the opening, or the SYN-ACK that comes again",
			Steps: thirdLost, Phenomenon: isCompleted, Claims: []*claim.Claim{&hs17},
		},
		{
			Name: "syn-lost", Title: "a SYN and a SYN-ACK are lost, and sent again; at the limit connect() fails",
			Steps: synLost, Full: fullSYNs, Phenomenon: isTimedOut, Claims: []*claim.Claim{&hs17, &hs32},
		},
		{
			Name: "old-syn", Title: "a SYN comes once more: in the midst of a connection, and after its end",
			Steps: oldSYN, Phenomenon: claim.By(&hs23), Claims: []*claim.Claim{&hs23, &hs36},
		},
		{
			Name: "replay", Title: "a server that does not wait for the third segment, and a SYN with data that comes once more",
			Steps: replay, Phenomenon: claim.By(&hs24), Claims: []*claim.Claim{&hs24},
		},
		{
			Name: "two-way", Title: "the SYN-ACK is lost, and the server sends data all the same",
			Steps: twoWay, Phenomenon: claim.By(&hs21), Claims: []*claim.Claim{&hs21, &hs22},
		},
		{
			Name: "with-data", Title: "data in the first segment, in the third, and a listener that waits for it",
			Steps: withData, Phenomenon: carriesData, Claims: []*claim.Claim{&hs6, &hs15, &hs16, &hs37},
		},
		{
			Name: "accept", Title: "the listening descriptor, its queue, accept() that waits and one that does not, and ports",
			Steps: accept, Networks: []journal.Network{journal.Wire, journal.Loopback}, NoHost: "the kernel chooses the ports",
			Phenomenon: claim.By(&hs26), Claims: []*claim.Claim{&hs26, &hs27, &hs28, &hs29, &hs30},
		},
		{
			Name: "tuple", Title: "the same four addresses and ports again, a path that is cut for a while, and TIME_WAIT",
			Steps: tuple, Phenomenon: claim.By(&hs33), Claims: []*claim.Claim{&hs31, &hs33, &hs34},
		},
		{
			Name: "numbers", Title: "what takes a sequence number, and what is acknowledged: bytes, SYN, FIN",
			Steps: numbers, Networks: journal.Networks(), Phenomenon: isCounted, Claims: []*claim.Claim{&hs7, &hs8, &sn6},
		},
		{
			Name: "isn", Title: "initial sequence numbers: their clock, and who knows them without having seen them",
			Steps: isn, Phenomenon: claim.By(&sn2), Claims: []*claim.Claim{&sn1, &sn2, &sn3},
		},
		{
			Name: "wrap", Title: "a connection whose numbers cross 2³²: too early, again, and from half of them away",
			Steps: wrap, Phenomenon: claim.By(&sn4), Claims: []*claim.Claim{&sn4, &sn5},
		},
		{
			Name: "order", Title: "segments that come twice, in the wrong order, or not at first; and an urgent byte",
			Steps: order, Phenomenon: isReordered, Claims: []*claim.Claim{&sn7, &sn8, &sn9},
		},
		{
			Name: "checksum", Title: "a segment comes with one bit changed, or two: it is as if it were lost",
			Steps: checksum, Phenomenon: claim.By(&hd9), Claims: []*claim.Claim{&hd8, &hd9},
		},
		{
			Name: "fields", Title: "what stands in the header: lengths, reserved bits, padding, MSS, urgent pointer, PSH, RST, ports",
			Steps: fields, Phenomenon: isHeaded,
			Claims: []*claim.Claim{&hd1, &hd2, &hd3, &hd4, &hd5, &hd6, &hd7, &hd10, &hd11, &hd12, &hd13, &hd14, &hd15},
		},
		{
			Name: "udp", Title: "what UDP does of this, and what it does not: boundaries, loss, order, size, and what is noticed",
			Steps: udp, Phenomenon: claim.By(&ud3), Claims: []*claim.Claim{&hd16, &fc6, &ud1, &ud2, &ud3, &ud4, &ud5, &ud6},
		},
	}),
	Examples: []cli.Example{
		{Line: "handshake", Does: "three segments, and what each end knew"},
		{Line: "handshake who-first", Does: "the client is connected, and its server is not"},
		{Line: "handshake old-syn two-way", Does: "why there is a third segment"},
	},
}
