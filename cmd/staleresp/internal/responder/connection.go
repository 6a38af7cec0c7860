package responder

import (
	"crypto/sha256"
	"encoding/hex"
)

// connection is one client's connection, as the journal has it.
type connection struct {
	*journal
	client string
	open   *Late // the late reply of which it is not known yet what comes of it

	// When, since the server began; 0: not yet.
	first int64 // the first byte came of the request that comes now
	last  int64 // the last bytes came
	fin   int64 // the client said that it sends no more
	lost  int64 // it was seen that the client had ended the connection
}

func (j *journal) connect(client string) *connection {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.counts.Connections++
	return &connection{journal: j, client: client}
}

// hear notes that something has come from the client, before it is known what.
func (c *connection) hear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = c.now()
	if c.first == 0 {
		c.first = c.last
	}
}

// finish notes that the client has said that it sends no more. It may have ended
// the connection or, still waiting for replies, its own side of it.
func (c *connection) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fin = c.now()
}

// finished says whether the client has said that it sends no more.
func (c *connection) finished() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fin != 0
}

// lose notes that the client has ended the connection.
func (c *connection) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost == 0 {
		c.lost = c.now()
	}
}

// ask counts a request, and decides whether its reply is late. More: something that
// follows it has come already.
func (c *connection) ask(request []byte, more bool) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Requests++
	sum := sha256.Sum256(request)
	r := &Request{N: c.counts.Requests, AtNS: c.first, Bytes: len(request), SHA256: hex.EncodeToString(sum[:])}
	if c.config.Payload {
		r.Payload = string(request)
	}
	c.settleBy(r)
	c.turn(more)
	a := &answer{connection: c}
	if r.N%c.config.LateEvery == 0 {
		c.counts.Late++
		// From now, not from its first byte: else one that comes slowly has no late reply.
		a.due = c.now() + int64(c.config.LateBy)
		a.late = &Late{Request: *r, Connection: c.client}
		c.open = a.late
	}
	return a
}

// pass notes a request that is not counted.
func (c *connection) pass(more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settleBy(nil)
	c.turn(more)
}

// skip notes that what came was nothing that could have a reply.
func (c *connection) skip(more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(more)
}

// turn turns to what comes next. What follows a request, where some of it is there
// by now, came with the last bytes: no more had been read, had the request been
// whole before.
func (c *connection) turn(more bool) {
	c.first = 0
	if more {
		c.first = c.last
	}
}

// settleBy settles the open late reply by what came next: a request that was
// counted or, if next is nil, something else.
func (c *connection) settleBy(next *Request) {
	if c.open == nil {
		return
	}
	c.open.Next, c.open.NextNS = next, c.first
	if c.open.SentNS != 0 && c.open.SentNS < c.first {
		c.settle(Answered)
	} else {
		c.settle(Reused)
	}
}

// settle makes known what came of the open late reply.
func (c *connection) settle(b Became) {
	l := c.open
	c.open = nil
	l.Became = b
	*c.counts.count(b)++
	told := *l // the reply may be sent yet
	c.config.Settled(&told)
}

// ended notes that nothing more comes on the connection, and nothing is sent.
func (c *connection) ended() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open == nil:
	case c.first != 0:
		c.settleBy(nil) // the beginning of a request, or what is none
	case c.open.SentNS != 0 && !c.tooLate():
		c.settle(Answered)
	case c.lost != 0:
		c.settleEnded()
	default:
		c.settle(Pending)
	}
}

// tooLate says whether the client had said that it sends no more before the open
// late reply was sent.
func (c *connection) tooLate() bool { return c.fin != 0 && c.fin < c.open.SentNS }

// settleEnded settles the open late reply: the client has ended the connection.
func (c *connection) settleEnded() {
	c.open.EndedNS = c.lost
	if c.fin != 0 {
		c.open.FinNS, c.open.EndedNS = c.fin, c.fin
	}
	c.settle(Ended)
}
