package main

import "sockproof/lib/claim"

// Where the statements come from.
const (
	three013 = claim.Article000 + "; " + claim.Article001 + "; " + claim.Article003
	rfc793   = "RFC 793; RFC 5961 §4 differs"
)
