package main

// Where the statements come from.
const (
	tcp7     = "tcp(7)"
	rfc9293  = "RFC 9293 §3.8"
	folklore = "folklore"
	field    = "field experience with stateful filters"
)
