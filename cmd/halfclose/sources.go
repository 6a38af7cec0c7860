package main

import (
	"fmt"
	"time"

	"sockproof/lib/journal"
)

// Where some statements come from.
const rfc9293 = "RFC 9293"

// needsDiag is what rules need to see beside claim.NeedsInfo and the like. Whether a scenario's phenomenon
// was seen is judged by what the programs at both ends noticed, so that it can be told where no packet may
// be captured.
var needsDiag = []journal.Witness{journal.Calls, journal.SockDiag}

// seconds renders a time for a sentence.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
