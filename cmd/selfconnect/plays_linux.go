package main

import "sockproof/lib/repro"

// plays are the scenarios' actions by name.
var plays = map[string]repro.Play{
	"direct":           direct,
	"autobind":         autobind,
	"hunt":             huntDown,
	"outside-range":    outsideRange,
	"reserved-port":    reservedPort,
	"detect-and-retry": detectAndRetry,
	"port-theft":       portTheft,
}
