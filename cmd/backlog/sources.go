package main

import (
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// Where some statements come from.
const ipSysctl = "Linux, Documentation/networking/ip-sysctl.rst"

// The settings that decide what becomes of a handshake.
const (
	abortOnOverflow = "net.ipv4.tcp_abort_on_overflow"
	synAckRetries   = "net.ipv4.tcp_synack_retries"
)

// The kernel's counters of what listeners drop, and of what they drop because the accept
// queue is full.
const (
	listenDrops     = "ListenDrops"
	listenOverflows = "ListenOverflows"
)

// needsCounted is for what the kernel counts of what came.
var needsCounted = []journal.Witness{journal.Calls, journal.Packets, journal.Counters}

// settingAt is a setting of the server's as it was at an event. It must have been read.
func settingAt(c *claim.Case, name string, n int) string {
	e := c.Take(c.Setting("b", name, n))
	c.Given(e != nil, "%s was not read", strings.TrimPrefix(name, "net.ipv4."))
	return e.Setting.New
}
