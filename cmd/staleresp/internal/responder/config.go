package responder

import (
	"net/netip"
	"time"
)

// Protocol is how clients speak to a server.
type Protocol string

// The protocols.
const (
	Line Protocol = "line" // a request is a line, and so is its reply
	HTTP Protocol = "http" // HTTP/1.1; a request is its method, its URI and its body
	RESP Protocol = "resp" // that of Redis; a request is a command, its words joined by a space
)

// Protocols are all of them.
var Protocols = []Protocol{Line, HTTP, RESP}

// Config says what server there shall be.
type Config struct {
	Protocol  Protocol
	Listen    netip.AddrPort
	LateEvery int64 // each so many requests, the reply to one is late
	LateBy    time.Duration
	Requests  int64         // end when so many have been answered; 0: without end
	For       time.Duration // end after so long; 0: without end
	Payload   bool          // keep what clients sent, not only its length and hash
	// Listening is told the address, as soon as clients may connect.
	Listening func(at string)
	// Settled is told of each late reply, as soon as it is known what came of it.
	Settled func(*Late)
}
