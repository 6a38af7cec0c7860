package evidence

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"strings"

	"sockproof/lib/journal"
)

// misfolded says what is wrong with events that were counted instead of kept. There
// are two sorts of them: attempts, as a recorder folds them, and the calls by which a
// socket moved bulk, none perhaps. Neither is done more than once a nanosecond.
func misfolded(e *journal.Event, elapsed int64) string {
	f := e.Fold
	sum, least := 0, 1
	if e.Socket != "" {
		least = 0
		if len(f.Counts) != 1 || f.Times != f.Events {
			return "it counts a socket's calls of one kind, and is not one count"
		}
	}
	for _, c := range f.Counts {
		if c.Count < least || c.Count > f.Events-sum {
			return fmt.Sprintf("it counts %d times %q among %d events", c.Count, c.What, f.Events)
		}
		sum += c.Count
	}
	unordered := func(i int) bool {
		a, b := &f.Counts[i-1], &f.Counts[i]
		return cmp.Or(b.Count-a.Count, strings.Compare(a.What, b.What)) >= 0
	}
	switch {
	case sum != f.Events:
		return fmt.Sprintf("it counts %d events, of which there are %d", sum, f.Events)
	case f.Times < least || int64(max(f.Times, f.Events)) > elapsed:
		return fmt.Sprintf("%d repetitions with %d events are none, or more than a run of %d ns has", f.Times, f.Events, elapsed)
	}
	for i := 1; i < len(f.Counts); i++ {
		if unordered(i) {
			return fmt.Sprintf("it counts %q out of order, or twice", f.Counts[i].What)
		}
	}
	return ""
}

// The sizes that a packet of bulk can have, in bytes: an IP header, and what that can
// say of its length.
const (
	leastHeader = 20
	mostPacket  = math.MaxUint16 + 40 // IPv6 does not count its own header
)

// miscounted says what is wrong with bulk, of which there are no bytes: all that can
// be told is what it cannot be.
func miscounted(j *journal.Journal, p *journal.Packet) string {
	b := p.Bulk
	no := journal.Packet{Src: p.Src, Dst: p.Dst, Flags: p.Flags, At: journal.AtDelivered, Bulk: b} // but those of many
	switch {
	case !reflect.DeepEqual(*p, no) || p.Flags != 0 && b.Flags != p.Flags.String():
		return "it is bulk, and one packet"
	case j.Network != journal.Wire:
		return "only the wire carries bulk"
	case b.Packets < 1 || b.Packets > j.ElapsedNS || !canFill(b) || !isHash(b.SHA256):
		return fmt.Sprintf("it cannot be bulk: %+v", *b)
	}
	return ""
}

// canFill says whether so many packets can have so many bytes.
func canFill(b *journal.Bulk) bool {
	return b.TCPBytes >= 0 && b.IPBytes >= b.TCPBytes && (b.IPBytes-b.TCPBytes)/b.Packets >= leastHeader && b.IPBytes/b.Packets <= mostPacket
}

// plus adds counts. What is too large to be told is the largest there is, not a small
// number; what is negative is found by other checks, and hides nothing here.
func plus(a, b int64) int64 {
	a, b = max(a, 0), max(b, 0)
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
