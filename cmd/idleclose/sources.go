package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	rfc9110  = "RFC 9110 §9.2.2"
	rfc9112  = "RFC 9112 §9.5"
	rfc9112b = "RFC 9112 §9.6"
	field    = "field experience with connection pools"
	folklore = "folklore"
)

// What the rules need to see.
var needsSegments = []journal.Witness{journal.Calls, journal.Packets}
