package sock

import "runtime"

// Pending is calls that run in the background because they may block: on the
// run's thread they would stop the packets they wait for.
type Pending struct{ done chan struct{} }

// Background runs f, which makes calls on s, on a thread of its own. They are
// journalled when they return. The run looks at what they caused as it goes on.
func (s *Socket) Background(f func()) *Pending {
	p := &Pending{done: make(chan struct{})}
	s.mu.Lock()
	s.pending = append(s.pending, p)
	s.mu.Unlock()
	go func() {
		defer close(p.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		f()
	}()
	return p
}

// Done says whether the calls have returned.
func (p *Pending) Done() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// isBusy says whether calls on the socket are running in the background.
func (s *Socket) isBusy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pending {
		if !p.Done() {
			return true
		}
	}
	return false
}

// wait waits for the calls in the background to return.
func (s *Socket) wait() {
	s.mu.Lock()
	pending := s.pending
	s.mu.Unlock()
	for _, p := range pending {
		<-p.done
	}
}
