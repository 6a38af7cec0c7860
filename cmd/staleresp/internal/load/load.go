package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Config says what is asked, and by what kind of client.
type Config struct {
	Connections int
	Requests    int64         // on all connections together
	Late        Rate          // of the requests, those whose reply is late
	LateBy      time.Duration // after its request was sent
	Patience    time.Duration // how long a client waits for a reply
	Seed        uint64        // decides which replies are late
	IPv6        bool
	Client      Client
	// Place calls f, where sockets shall be made, on a thread of its own that ends
	// with f.
	Place func(f func() error) error
	// Progress is told from time to time how many requests have ended.
	Progress func(ended int64)
}

// Client is how a client tells which reply is its own.
type Client struct {
	Mismatch   Mismatch
	Reconnects bool // it closes a connection on which a reply did not come in time
	Drains     bool // it reads away what has come unasked, before it sends
	// Depth is how many requests it has under way on a connection. With more than
	// one the server answers in any order: the numbers tell the replies apart.
	Depth int
}

// Mismatch is what a client does with a reply to another request.
type Mismatch int

// The kinds of Mismatch.
const (
	Takes    Mismatch = iota // it does not look: the reply is the answer
	Refuses                  // the request has failed
	Discards                 // it is thrown away, and the next one read
)

// Counts are what became of the requests.
type Counts struct {
	Requests    int64 `json:"requests"`    // that ended
	Late        int64 `json:"late"`        // of those, whose replies were late
	Right       int64 `json:"right"`       // answered with their own reply
	Wrong       int64 `json:"wrong"`       // answered with another's
	TimedOut    int64 `json:"timed_out"`   // failed: no reply came in time
	Followed    int64 `json:"followed"`    // of those, that were not the last of their connection
	Refused     int64 `json:"refused"`     // failed: the reply was another's, and was seen to be
	Reconnected int64 `json:"reconnected"` // connections that were closed and made again
}

// Failed counts the requests that got no answer.
func (c *Counts) Failed() int64 { return c.TimedOut + c.Refused }

func (c *Counts) add(o *Counts) {
	c.Requests += o.Requests
	c.Late += o.Late
	c.Right += o.Right
	c.Wrong += o.Wrong
	c.TimedOut += o.TimedOut
	c.Followed += o.Followed
	c.Refused += o.Refused
	c.Reconnected += o.Reconnected
}

// Result is what a load came to.
type Result struct {
	Counts
	Elapsed time.Duration
	// Latency is how long each request took until it had ended, in nanoseconds.
	Latency *hdrhistogram.Histogram
	Peak    int64 // of the process's resident memory meanwhile, in bytes
}

// What a histogram resolves: from a microsecond to an hour, to three digits.
const (
	minLatency = int64(time.Microsecond)
	maxLatency = int64(time.Hour)
	digits     = 3
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(minLatency, maxLatency, digits) }
