package tcp

import (
	"time"

	"sockproof/lib/journal"
)

// Paired lists the sockets of connections of which both ends are known.
func (v *View) Paired() []*Socket {
	return Where(v.Connected(), func(s *Socket) bool { return s.Peer() != nil })
}

// IsIn says whether a witness had seen the socket last in a state by an event.
func (s *Socket) IsIn(state string, w journal.Witness, n int) bool {
	if s == nil {
		return false
	}
	seen, _ := s.StateAt(w, n)
	return seen == state
}

// HasOn says whether the socket had been given an option, and it was on, before an event.
func (s *Socket) HasOn(o journal.Option, before int) bool {
	value, _ := s.Option(o, before)
	return value.On()
}

// UserTimeout is how long data may stay unacknowledged, and the call that set it last (TCP_USER_TIMEOUT); 0: for
// as long as the kernel sends it again.
func (s *Socket) UserTimeout() (time.Duration, *journal.Event) {
	value, set := s.Option(journal.TCPUserTimeout, 0)
	ms, _ := value.Int()
	return time.Duration(ms) * time.Millisecond, set
}

// DataOf is what calls moved, one after the other, as far as it was kept.
func DataOf(calls []*journal.Event) []byte {
	var all []byte
	for _, e := range calls {
		if n := int(e.Call.Result); e.Call.Errno == "" && n > 0 {
			all = append(all, e.Call.Data[:min(n, len(e.Call.Data))]...)
		}
	}
	return all
}
