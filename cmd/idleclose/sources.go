package main

// Where the statements come from.
const (
	rfc9110  = "RFC 9110 §9.2.2"
	rfc9112  = "RFC 9112 §9.5"
	rfc9112b = "RFC 9112 §9.6"
	field    = "field experience with connection pools"
	folklore = "folklore"
)
