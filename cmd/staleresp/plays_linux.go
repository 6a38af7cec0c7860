package main

import "sockproof/lib/scenario"

// plays are the scenarios' actions by name.
var plays = map[string]scenario.Play{
	"late-reply":   lateReply,
	"slow-server":  slowServer,
	"slow-network": slowNetwork,
	"policies":     policiesSideBySide,
	"crosswire":    crosswire,
	"cancelled":    cancelled,
	"incarnation":  incarnation,
	"time-wait":    timeWait,
}
