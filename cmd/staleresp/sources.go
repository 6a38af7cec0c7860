package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	article000   = "article 000, “TCP三次握手四次挥手详解”"
	fieldReports = "bug reports of client libraries"
)

// needsCalls is what the checks need to see that judge answers alone.
var needsCalls = []journal.Witness{journal.Calls}
