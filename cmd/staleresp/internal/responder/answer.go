package responder

import (
	"context"
	"time"
)

// answer is a request that was counted and is to be answered.
type answer struct {
	*connection
	late *Late // nil: it is answered at once
	due  int64 // since the server began
}

// wait waits until the reply may be sent, or the connection's context ends. When
// the server ends, a client that sends no more has its reply at once: what it makes
// of it says whether it waited.
func (a *answer) wait(server, ctx context.Context) error {
	if a.late == nil {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Duration(a.due - a.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-server.Done():
		if a.finished() {
			return nil
		}
		return server.Err()
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

// unsent notes that the reply could not be sent.
func (a *answer) unsent() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.late != nil {
		a.late.SentNS = 0
	}
}

// doubtful says whether it is to be found out if the client has taken the reply: it
// had said that it sends no more.
func (a *answer) doubtful() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.late != nil && a.open == a.late && a.tooLate()
}

// judged notes what was found out.
func (a *answer) judged(f fate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch f {
	case taken:
		a.open.FinNS = a.fin
		a.settle(Answered)
	case refused:
		a.settleEnded()
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
