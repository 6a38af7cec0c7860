package responder

import (
	"context"
	"sync"
	"time"
)

// Request is a request that was counted. What its client sent is kept as length
// and hash, unless it is asked for.
type Request struct {
	N       int64  `json:"n"`     // counted over all connections, from 1
	AtNS    int64  `json:"at_ns"` // when its first byte arrived, since the server began
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
	FinNS      int64    `json:"fin_ns,omitempty"`   // when the client said that it sends no more, before the reply was sent
	EndedNS    int64    `json:"ended_ns,omitempty"` // when the client ended the connection, before the reply was sent
	NextNS     int64    `json:"next_ns,omitempty"`  // when the first byte of what came next arrived
	Next       *Request `json:"next,omitempty"`     // that came next; nil: it was none, or not a whole one, or one that is not counted
}

// Became is what a client made of a connection that owed it a late reply, as far
// as the server sees.
type Became string

// What may come of a late reply.
const (
	// Reused: the first byte of the next request came before the reply was sent.
	Reused Became = "reused"
	// Ended: the client ended the connection before the reply was sent.
	Ended Became = "ended"
	// Answered: the reply was sent before anything else came. Whether the client
	// was still waiting for it is not seen; but one that had said before that it
	// sends no more has taken it.
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

// count is where a late reply of which it is known what came of it is counted.
func (c *Counts) count(b Became) *int64 {
	return map[Became]*int64{Reused: &c.Reused, Ended: &c.Ended, Answered: &c.Answered, Pending: &c.Pending}[b]
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
