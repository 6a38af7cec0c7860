package main

// Where the statements come from.
const (
	rfc9293 = "RFC 9293 §3.8.6"
	probing = "RFC 9293 §3.8.6.1"
	silly   = "RFC 9293 §3.8.6.2"
	tcp7    = "tcp(7); RFC 9293 MUST-37 differs"
)
