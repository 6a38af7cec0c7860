package main

import (
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/live"
	"sockproof/lib/witness/counters"
)

// count reads the counters of a place, and again after a while, or when the user
// has had enough.
func count(c *cli.Context, place live.Place, wait time.Duration) (*countersReport, error) {
	var reader *counters.Reader
	err := place.In(func() (err error) {
		reader, err = counters.Open(false)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }() // it has answered by then
	before, err := reader.Read()
	if err != nil {
		return nil, err
	}
	r := &countersReport{Schema: "sockproof/counters/v1", Namespace: place.String(), Counters: []counted{}}
	if wait == 0 {
		r.fill(before, nil)
		return r, nil
	}
	began := time.Now()
	select {
	case <-c.Ctx.Done():
	case <-time.After(wait):
	}
	r.ForNS = time.Since(began).Nanoseconds()
	after, err := reader.Read()
	if err != nil {
		return nil, err
	}
	moved := map[string]int64{}
	for _, d := range counters.Delta(before, after) {
		moved[d.Name] = d.Delta
	}
	r.fill(after, moved)
	return r, nil
}
