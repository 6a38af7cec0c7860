package main

import "sockproof/lib/scenario"

// plays are the scenarios' actions by name.
var plays = map[string]scenario.Play{
	"cross":       cross,
	"close-cross": closeCross,
	"lost-syn":    lostSYN,
	"lost-synack": lostSYNACK,
	"missed":      missed,
	"same-path":   samePath,
	"punch":       punch,
	"listener":    listener,
	"eaten-rst":   eatenRST,
	"race":        race,
	"retry":       retry,
}
