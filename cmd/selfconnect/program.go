package main

import (
	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
)

var alone = []string{"a"}

// program is the phenomenon and the ways to bring it about or prevent it.
var program = cli.Program{
	Name:    "selfconnect",
	Summary: "a TCP socket connected to itself",
	Scenarios: []scenario.Scenario{
		{
			Name: "direct", Title: "one socket binds a port and connects to that same port",
			Steps: direct, Hosts: alone, Phenomenon: selfConnection,
			Claims: []*claim.Claim{&sc1, &sc2, &sc3, &sc4, &sc5, &sc6},
		},
		{
			Name: "autobind", Title: "the kernel itself picks the target as source port",
			Steps: autobind, Hosts: alone, Phenomenon: selfConnection,
			Claims: []*claim.Claim{&sc1, &sc7},
		},
		{
			Name: "hunt", Title: "connect to a dead local port again and again, until the accident happens",
			Steps: huntDown, Bound: wholeRange, Hosts: alone, Phenomenon: hunted,
			Claims: []*claim.Claim{&sc1, &sc7},
		},
		{
			Name: "other-port", Title: "a client connects to another port of its own address: refused, never itself",
			Steps: otherPort, Hosts: alone, Phenomenon: claim.By(&sc12),
			Claims: []*claim.Claim{&sc12},
		},
		{
			Name: "outside-range", Title: "a port outside ip_local_port_range is never hit, in as many attempts as one inside",
			Steps: outsideRange, Bound: wholeRange, Hosts: alone, Phenomenon: claim.By(&sc8),
			Claims: []*claim.Claim{&sc7, &sc8},
		},
		{
			Name: "reserved-port", Title: "ip_local_reserved_ports protects a port inside the range",
			Steps: reservedPort, Networks: []journal.Network{journal.Wire, journal.Loopback}, Hosts: alone, Phenomenon: claim.By(&sc11),
			NoHost: "it sets " + portrange.RangeSetting + " and " + portrange.ReservedSetting + ", and the host's settings are never changed",
			Claims: []*claim.Claim{&sc11},
		},
		{
			Name: "detect-and-retry", Title: "compare own address and peer's, drop, retry: the cure, by hand and in Go's net.Dial",
			Steps: detectAndRetry, Hosts: alone, Phenomenon: cured,
			Claims: []*claim.Claim{&sc9},
		},
		{
			Name: "port-theft", Title: "a socket connected to itself keeps the real server from binding its port",
			Steps: portTheft, Hosts: alone, Phenomenon: claim.By(&sc10),
			Claims: []*claim.Claim{&sc10},
		},
	},
	Flags: []urfave.Flag{portFlag()},
	Examples: []cli.Example{
		{Line: "selfconnect", Does: "a socket connects to itself, packet by packet"},
		{Line: "selfconnect hunt --net host --port 40001", Does: "does it happen to this port, with this machine's settings?"},
	},
}
