package main

import (
	"context"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
)

// endsWatch hears which connections of a place end.
type endsWatch struct {
	ends *diag.Ends
	l    *look
	lost int // as of the round before
}

func openEnds(p live.Place) (*endsWatch, error) {
	w := &endsWatch{}
	err := p.In(func() (err error) {
		w.l = &look{spaces: make([]space, 1)}
		r := reader{look: w.l}
		w.l.spaces[0].settings = r.readSettings()
		w.ends, err = diag.OpenEnds()
		return err
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (w *endsWatch) close() { _ = w.ends.Close() } // nobody listens any more

// soon is how long a signal may have to wait.
const soon = 100 * time.Millisecond

// during hears for a while, beside whatever else is done meanwhile.
func (w *endsWatch) during(ctx context.Context, wait time.Duration) <-chan heardEnds {
	heard := make(chan heardEnds, 1)
	go func() {
		r, err := w.until(ctx, time.Now().Add(wait))
		heard <- heardEnds{r, err}
	}()
	return heard
}

// until hears until a time, or until the user has had enough.
func (w *endsWatch) until(ctx context.Context, deadline time.Time) (*endsReport, error) {
	t := endsTally{l: w.l, by: map[place]*endsSum{}}
	for left := time.Until(deadline); left > 0 && ctx.Err() == nil; left = time.Until(deadline) {
		err := w.ends.Next(min(left, soon), func(d diag.Destroyed) {
			s := socketOf(&d.Socket, 0, 0)
			if s.remote.port != 0 { // else it listened
				t.add(&s)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	lost := w.ends.Lost - w.lost
	w.lost = w.ends.Lost
	return t.report(lost), nil
}
