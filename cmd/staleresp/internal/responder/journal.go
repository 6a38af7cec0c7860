package responder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// Request is a request that was counted. What its client sent is kept as length
// and hash, unless it is asked for.
type Request struct {
	N       int64  `json:"n"`     // counted over all connections, from 1
	AtNS    int64  `json:"at_ns"` // when it arrived, since the server began
	Bytes   int    `json:"bytes"`
	SHA256  string `json:"sha256"`
	Payload string `json:"payload,omitempty"`
}

// Late is a reply that was late, and what came of it.
type Late struct {
	Request    Request  `json:"request"`
	Connection string   `json:"connection"` // the client's address
	Became     Became   `json:"became"`
	SentNS     int64    `json:"sent_ns,omitempty"`  // when the reply was sent; 0: it was not, by then
	EndedNS    int64    `json:"ended_ns,omitempty"` // when the client ended the connection, before the reply was sent
	Next       *Request `json:"next,omitempty"`     // that arrived on the connection
}

// Became is what a client made of a connection that owed it a late reply, as far
// as the server sees.
type Became string

// What may come of a late reply.
const (
	// Reused: the next request came before the reply was sent.
	Reused Became = "reused"
	// Ended: the client ended the connection before the reply was sent.
	Ended Became = "ended"
	// Answered: the reply was sent before anything else came. Whether the client
	// was still waiting for it is not seen.
	Answered Became = "answered"
	// Pending: the server ended first.
	Pending Became = "pending"
)

// Counts are what a server counted.
type Counts struct {
	Connections int64 `json:"connections"`
	Requests    int64 `json:"requests"`
	Late        int64 `json:"late"`
	Reused      int64 `json:"reused"`
	Ended       int64 `json:"ended"`
	Answered    int64 `json:"answered"`
	Pending     int64 `json:"pending"`
}

// journal is what a server writes down.
type journal struct {
	config *Config
	began  time.Time
	enough context.CancelFunc // called when as many requests as there should be have been answered

	mu       sync.Mutex
	counts   Counts
	answered int64
}

func (j *journal) now() int64 { return int64(time.Since(j.began)) }

// connection is one client's connection, as the journal has it.
type connection struct {
	*journal
	client string
	open   *Late // the late reply of which it is not known yet what comes of it
	heard  int64 // when the first byte of the next request came; 0: it has not yet
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
	if c.heard == 0 {
		c.heard = c.now()
	}
}

// answer is a request that was counted and is to be answered.
type answer struct {
	*connection
	late *Late // nil: it is answered at once
	due  time.Time
}

// ask counts a request, and decides whether its reply is late.
func (c *connection) ask(request []byte) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Requests++
	r := c.request(request)
	c.settleBy(r)
	a := &answer{connection: c}
	if r.N%c.config.LateEvery == 0 {
		c.counts.Late++
		a.late = &Late{Request: *r, Connection: c.client}
		a.due = c.began.Add(time.Duration(r.AtNS)).Add(c.config.LateBy)
		c.open = a.late
	}
	return a
}

func (c *connection) request(request []byte) *Request {
	sum := sha256.Sum256(request)
	r := &Request{N: c.counts.Requests, AtNS: c.heard, Bytes: len(request), SHA256: hex.EncodeToString(sum[:])}
	if r.AtNS == 0 {
		r.AtNS = c.now()
	}
	c.heard = 0
	if c.config.Payload {
		r.Payload = string(request)
	}
	return r
}

// settleBy settles the open late reply by the request that came next.
func (c *connection) settleBy(next *Request) {
	if c.open == nil {
		return
	}
	c.open.Next = next
	if c.open.SentNS != 0 && c.open.SentNS < next.AtNS {
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
	*map[Became]*int64{Reused: &c.counts.Reused, Ended: &c.counts.Ended, Answered: &c.counts.Answered, Pending: &c.counts.Pending}[b]++
	told := *l // the reply may be sent yet
	c.config.Settled(&told)
}

// ended notes that no more comes on the connection: because the client ended it
// or, if the server has ended, because of that.
func (c *connection) ended(byServer bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open == nil:
	case c.open.SentNS != 0:
		c.settle(Answered)
	case byServer:
		c.settle(Pending)
	default:
		c.open.EndedNS = c.now()
		c.settle(Ended)
	}
}

// wait waits until the reply may be sent, or the context ends.
func (a *answer) wait(ctx context.Context) error {
	if a.late == nil {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(a.due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sent notes that the reply is sent. It is called just before it is: what arrives
// later may have come because of it.
func (a *answer) sent() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.late != nil {
		a.late.SentNS = a.now()
	}
}

// done notes that the request has been answered, or cannot be any more.
func (a *answer) done() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered++; a.answered == a.config.Requests {
		a.enough()
	}
}
