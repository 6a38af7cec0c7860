package claim

import (
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// GivenFirst takes the first of some events; without any the case is inconclusive, for that reason.
func (c *Case) GivenFirst(events []*journal.Event, format string, args ...any) *journal.Event {
	first := c.First(events)
	c.Given(first != nil, format, args...)
	return first
}

// ReadsData expects that the first read of a socket after an event returned data.
func (c *Case) ReadsData(s *tcp.Socket, after int) *journal.Event {
	read := c.GivenFirst(s.Reads(after, 0), "%s was not read then", s.Name())
	c.Expect(read.Call.Result > 0, "the read of %s returned %s", s.Name(), Returned(read))
	return read
}
