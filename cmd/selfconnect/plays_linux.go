package main

import "sockproof/lib/scenario"

// plays are the scenarios' actions by name.
var plays = map[string]scenario.Play{
	"direct":           direct,
	"autobind":         autobind,
	"hunt":             huntDown,
	"outside-range":    outsideRange,
	"reserved-port":    reservedPort,
	"detect-and-retry": detectAndRetry,
	"port-theft":       portTheft,
}
