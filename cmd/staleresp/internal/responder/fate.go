package responder

// fate is what became of a reply that was written to a client which had said that
// it sends no more: that one may be waiting for it, or have closed its socket.
type fate int

// The fates.
const (
	unknown fate = iota // the server ended first
	taken
	refused
)
