package journaltest

import (
	"math/rand/v2"
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// lie is a small change that somebody makes to a journal, and consistently: the bytes of
// a segment go with what is said of it, and events are numbered again. false: it does not
// fit that event.
type lie struct {
	name string
	tell func(r *rand.Rand, j *journal.Journal, i int) bool
}

var lies = []lie{
	{"an event is dropped", func(_ *rand.Rand, j *journal.Journal, i int) bool {
		j.Events = slices.Delete(j.Events, i, i+1)
		renumber(j, func(n int) int {
			if n > i+first(j) {
				return n - 1
			}
			return n
		})
		return true
	}},
	{"two events are swapped", func(_ *rand.Rand, j *journal.Journal, i int) bool {
		if i+1 == len(j.Events) || j.Events[i+1].Packet != nil && j.Events[i+1].Packet.Of == j.Events[i].N {
			return false
		}
		a, b := &j.Events[i], &j.Events[i+1]
		*a, *b = *b, *a
		a.N, b.N, a.T, b.T = b.N, a.N, b.T, a.T
		swapped := map[int]int{a.N: b.N, b.N: a.N}
		for k := range j.Events {
			if p := j.Events[k].Packet; p != nil && swapped[p.Of] != 0 {
				p.Of = swapped[p.Of]
			}
		}
		return true
	}},
	{"a flag is changed", func(r *rand.Rand, j *journal.Journal, i int) bool {
		return segment(j, i, func(p *packet.Packet) {
			p.Flags ^= []packet.Flags{packet.FIN, packet.SYN, packet.RST, packet.PSH, packet.ACK}[r.IntN(5)]
		})
	}},
	{"a sequence number is changed by one", func(_ *rand.Rand, j *journal.Journal, i int) bool {
		return segment(j, i, func(p *packet.Packet) { p.Seq++ })
	}},
	{"an acknowledgement is changed by one", func(_ *rand.Rand, j *journal.Journal, i int) bool {
		return segment(j, i, func(p *packet.Packet) { p.Ack++ })
	}},
	{"a state is changed", func(r *rand.Rand, j *journal.Journal, i int) bool {
		s := j.Events[i].State
		if s == nil {
			return false
		}
		for was := s.To; s.To == was; {
			s.To = someStates[r.IntN(len(someStates))]
		}
		return true
	}},
	{"an errno is changed", func(r *rand.Rand, j *journal.Journal, i int) bool {
		c := j.Events[i].Call
		if c == nil || c.Errno == "" {
			return false
		}
		for was := c.Errno; c.Errno == was; {
			c.Errno = someErrnos[r.IntN(len(someErrnos))]
		}
		return true
	}},
	{"a call fails that had not", func(r *rand.Rand, j *journal.Journal, i int) bool {
		c := j.Events[i].Call
		if c == nil || c.Errno != "" || j.Events[i].Socket == "" {
			return false
		}
		c.Result, c.Errno, c.Data = -1, someErrnos[r.IntN(len(someErrnos))], nil
		return true
	}},
	{"a byte count is changed", func(r *rand.Rand, j *journal.Journal, i int) bool {
		c := j.Events[i].Call
		if c == nil || c.Errno != "" || len(c.Data) == 0 {
			return false
		}
		c.Result, c.Data = c.Result-1, c.Data[:len(c.Data)-1]
		return true
	}},
	{"other bytes are read or written", func(_ *rand.Rand, j *journal.Journal, i int) bool {
		c := j.Events[i].Call
		if c == nil || len(c.Data) == 0 {
			return false
		}
		c.Data = slices.Clone(c.Data)
		c.Data[0] ^= 1
		return true
	}},
	{"a time is changed", func(r *rand.Rand, j *journal.Journal, i int) bool {
		by := int64(1+r.IntN(200)) * 1e9
		for k := i; k < len(j.Events); k++ {
			j.Events[k].T += by
		}
		j.ElapsedNS += by
		return true
	}},
	{"a duration is changed", func(r *rand.Rand, j *journal.Journal, i int) bool {
		c := j.Events[i].Call
		if c == nil {
			return false
		}
		by := int64(1+r.IntN(200)) * 1e9
		c.TookNS += by
		for k := i + 1; k < len(j.Events); k++ {
			j.Events[k].T += by
		}
		j.ElapsedNS += by
		return true
	}},
	{"a host is changed", func(_ *rand.Rand, j *journal.Journal, i int) bool {
		e := &j.Events[i]
		other := map[string]string{"a": "b", "b": "a"}[e.Host]
		e.Host = other
		return other != ""
	}},
}

var (
	someErrnos = []journal.Errno{"EAGAIN", "ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "ENOTCONN", "EADDRINUSE", "EINVAL", "EPERM", "EIO"}
	someStates = []string{
		journal.Close, journal.SynSent, journal.SynRecv, journal.Established, journal.FinWait1, journal.FinWait2,
		journal.Closing, journal.TimeWait, journal.CloseWait, journal.LastAck, journal.Gone,
	}
)

// first is the number of a journal's first event.
func first(j *journal.Journal) int { return j.Events[0].N }

// renumber gives every mention of an event another number.
func renumber(j *journal.Journal, to func(n int) int) {
	for i := range j.Events {
		e := &j.Events[i]
		e.N = to(e.N)
		if e.Packet != nil && e.Packet.Of != 0 {
			e.Packet.Of = to(e.Packet.Of)
		}
	}
	j.Played = to(j.Played)
}

// segment changes a segment, where it left and where it came, in fields and bytes.
func segment(j *journal.Journal, i int, change func(p *packet.Packet)) bool {
	e := &j.Events[i]
	if e.Packet == nil || e.Packet.Proto != "" || len(e.Packet.Bytes) == 0 {
		return false
	}
	p, err := packet.Decode(e.Packet.Bytes)
	if err != nil {
		return false
	}
	change(&p)
	raw, err := p.Encode()
	if err != nil {
		return false
	}
	for k := range j.Events {
		of := j.Events[k].Packet
		if of == nil || k != i && of.Of != e.N {
			continue
		}
		again, err := packet.Decode(raw)
		if err != nil {
			return false
		}
		now := packet.Event(again, of.At)
		now.Of, now.Copy, now.Reason, now.Payload = of.Of, of.Copy, of.Reason, of.Payload
		if len(of.Bytes) == 0 {
			now.Bytes = nil
		}
		j.Events[k].Packet = now
	}
	return true
}
