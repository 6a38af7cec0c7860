package sock

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/witness/diag"
)

// hearing is whoever tells of the sockets of a stack that the kernel destroys.
type hearing struct {
	ends  *diag.Ends
	hosts []*network.Host // which share the stack
}

// Hear lets the kernel tell of the sockets that it destroys, of hosts that share a stack.
func (t *Table) Hear(e *diag.Ends, hosts ...*network.Host) {
	t.hearings = append(t.hearings, hearing{e, hosts})
}

// StopHearing ends that.
func (t *Table) StopHearing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hearings, t.named = nil, nil
}

// hear journals which of the run's sockets were destroyed since the last time.
func (t *Table) hear() {
	for _, h := range t.hearings {
		lost := h.ends.Lost
		err := h.ends.Next(0, func(d diag.Destroyed) { t.destroyed(&d, h.hosts) })
		lost = h.ends.Lost - lost
		if err != nil {
			lost = max(lost, 1)
		}
		if lost > 0 {
			t.rec.Lost(journal.DiagEvents, lost, err)
		}
	}
}

// hearPause is how often is asked whether the kernel has told of the last ends.
const hearPause = 100 * time.Microsecond

// HearOut hears of what was closed last: the kernel tells of it when it comes to that (a work queue,
// sock_diag_broadcast_destroy in net/core/sock_diag.c). It waits for so long at most, for on a busy machine
// that may be long.
func (t *Table) HearOut(most time.Duration) {
	for deadline := time.Now().Add(most); ; time.Sleep(hearPause) {
		t.hear()
		if !t.expectsToHear() || time.Now().After(deadline) {
			return
		}
	}
}

// expectsToHear says whether the kernel has destroyed one of the run's sockets, by what sock_diag sees of it,
// and has not told.
func (t *Table) expectsToHear() bool {
	if len(t.hearings) == 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.named {
		state := s.seen[journal.SockDiag]
		if (state == journal.Gone || state == journal.TimeWait) && !s.queued.Load() && s.observable() < 0 && t.rec.Knows(s.id) {
			return true
		}
	}
	return false
}

// destroyed journals the end of one of the run's sockets. On the caller's own stack the kernel
// tells of everybody's; and of those of a trial that was not kept there is nothing to be told.
func (t *Table) destroyed(d *diag.Destroyed, hosts []*network.Host) {
	s := t.taken(d.Cookie, hosts)
	if s == nil || !t.rec.Knows(s.id) {
		return
	}
	t.rec.Add(journal.Event{
		Host: s.host.Name, Socket: s.id, Kind: journal.KindDestroyed,
		Destroyed: &journal.Destroyed{
			Witness: journal.DiagEvents, RxQueue: int64(d.RxQueue), TxQueue: int64(d.TxQueue),
			SegsIn: int64(d.SegsIn), SegsOut: int64(d.SegsOut), DataSegsIn: int64(d.DataSegsIn),
			BytesReceived: int64(d.BytesReceived), BytesAcked: int64(d.BytesAcked), Retrans: int64(d.Retrans),
		},
	})
}

// taken is the socket that has a cookie on one of the hosts; nil: none of the run's. It is not
// known by that any more.
func (t *Table) taken(cookie uint64, hosts []*network.Host) *Socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range hosts {
		key := named{h.Name, cookie}
		if s := t.named[key]; s != nil {
			delete(t.named, key)
			return s
		}
	}
	return nil
}
