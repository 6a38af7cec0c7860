package main

import "sockproof/lib/journal"

// rfc9293 is a source of statements.
const rfc9293 = "RFC 9293"

// needsDiag is for what the calls show, and sock_diag.
var needsDiag = []journal.Witness{journal.Calls, journal.SockDiag}
