package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// The values of SO_LINGER that matter, as the journal has them.
const (
	lingerZero = "{1, 0}"
	lingerNone = "{0, 0}"
)

// lingerAt is the value of SO_LINGER that a socket was last given before an
// event; "" if none was.
func lingerAt(c *claim.Connection, socket string, before *journal.Event) string {
	value := ""
	for _, e := range c.Calls(socket, nil, "setsockopt") {
		if e.N < before.N && e.Call.Errno == "" && slices.Contains(e.Call.Args, "SO_LINGER") {
			value = e.Call.Args[len(e.Call.Args)-1]
		}
	}
	return value
}

// closing is a close that ended a connection, with what SO_LINGER was then.
type closing struct {
	claim.Ending
	linger string
}

// closings lists the connections whose first ending was a close, with one of the
// values of SO_LINGER.
func closings(j *journal.Journal, linger ...string) []closing {
	var all []closing
	for _, e := range claim.EndedBy(claim.Endings(j), claim.Closed) {
		c := closing{e, lingerAt(&e.Connection, e.Who, e.By)}
		if slices.Contains(linger, c.linger) {
			all = append(all, c)
		}
	}
	return all
}

// next is the other end's first call after the close.
func (c *closing) next() *journal.Event {
	return claim.Nth(c.Calls(c.Other(), c.By, append([]string{"read", "close", "shutdown"}, claim.Sending...)...), 0)
}

// read is the other end's first read after the close.
func (c *closing) read() *journal.Event {
	return claim.Nth(c.Calls(c.Other(), c.By, "read"), 0)
}

// sentBy are the FINs and RSTs that the closing end sent because of it, before
// the other end did anything: what comes later may be an answer to that.
func (c *closing) sentBy() []*journal.Event { return claim.Farewells(c.Sent(c.Who, c.By, c.next())) }

// reached says whether the RST of a close came to the other end, and that end was
// torn down: on lo a segment is seen before a filter may drop it.
func (c *closing) reached() bool {
	came := !c.HasPackets() || claim.WithFlag(c.Arrived(c.Other(), c.By, nil), "RST") != nil
	return came && downAfter(&c.Connection, c.Other(), c.By) != nil
}

// unsent is how many bytes the kernel had taken, and not sent, at the close.
func (c *closing) unsent() int64 {
	n := c.given()
	for _, e := range c.Sent(c.Who, nil, c.By) {
		n -= int64(e.Packet.Len)
	}
	return n
}

// given is how many bytes the kernel had taken in all.
func (c *closing) given() int64 { return claim.Moved(c.Calls(c.Who, nil, claim.Sending...)) }

// none is why nothing can be said of closes with a value of SO_LINGER.
func none(j *journal.Journal, linger string) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("nothing was seen to come of a close() with SO_LINGER %s", orUnset(linger))
}
