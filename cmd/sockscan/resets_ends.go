package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// endsReport is which connections ended, as the kernel says of each to whom asks.
type endsReport struct {
	endsSum
	Lost   int         `json:"lost,omitempty"` // how often some were not told of, for there were too many
	Places []endsPlace `json:"places"`
	Others *endsSum    `json:"others,omitempty"` // of places that are not shown
}

// heardEnds is what was heard in a while.
type heardEnds struct {
	report *endsReport
	err    error
}

// endsSum adds up ends: of connections, each end on this machine by itself.
type endsSum struct {
	Ends    int `json:"ends"`
	Unread  int `json:"unread"`         // with more than a byte that the program had not read: it sent a RST, if it closed
	Unacked int `json:"unacknowledged"` // with data, or a FIN, that the peer had not acknowledged: reset, or given up
}

// endsPlace is the ends of connections with the same place.
type endsPlace struct {
	scanPlace
	endsSum
}

// endsCannotSee is what the kernel does not say of ends.
const endsCannotSee = "not told: why each ended, a linger-0 closer's queues, ends in SYN_RECV, and when TIME_WAIT and FIN_WAIT2 without a program end"

// maxEndPlaces bounds the places that ends are told apart by, shownEnds those that are shown.
const (
	maxEndPlaces = 4096
	shownEnds    = 10
)

// endsTally groups ends as they come.
type endsTally struct {
	l      *look // knows which ports the kernel chooses for clients
	by     map[place]*endsSum
	others endsSum
}

// aFIN is what a FIN that was not read takes of the queue, as every one that came after close() does. A single
// byte of data cannot be told from it.
const aFIN = 1

func (t *endsTally) add(s *socket) {
	at := t.l.placeOf(s)
	sum := t.by[at]
	switch {
	case sum == nil && len(t.by) >= maxEndPlaces:
		sum = &t.others
	case sum == nil:
		sum = &endsSum{}
		t.by[at] = sum
	}
	sum.merge(endsSum{1, oneIf(s.rx > aFIN), oneIf(s.tx > 0)})
}

func (s *endsSum) merge(o endsSum) {
	s.Ends += o.Ends
	s.Unread += o.Unread
	s.Unacked += o.Unacked
}

func oneIf(is bool) int {
	if is {
		return 1
	}
	return 0
}

// report shows the places with the most ends.
func (t *endsTally) report(lost int) *endsReport {
	r := &endsReport{Lost: lost, Places: []endsPlace{}}
	var order []place
	for at := range t.by {
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b place) int {
		return cmp.Or(cmp.Compare(t.by[b].Ends, t.by[a].Ends), a.service.compare(b.service), strings.Compare(a.peerText(), b.peerText()))
	})
	others := t.others
	for i, at := range order {
		r.merge(*t.by[at])
		if i < shownEnds {
			r.Places = append(r.Places, endsPlace{at.report(), *t.by[at]})
		} else {
			others.merge(*t.by[at])
		}
	}
	r.merge(t.others)
	if others.Ends > 0 {
		r.Others = &others
	}
	return r
}

func (r *endsReport) write(w io.Writer) {
	fmt.Fprintf(w, "ends of connections: %s\n", r.endsSum)
	for _, p := range r.Places {
		who := "to " + p.Service
		if p.Direction == "in" {
			who = "from " + p.Peer + " to " + p.Service
		}
		fmt.Fprintf(w, "  %s: %s\n", who, p.endsSum)
	}
	if r.Others != nil {
		fmt.Fprintf(w, "  others: %s\n", *r.Others)
	}
	if r.Lost > 0 {
		fmt.Fprintf(w, "  %s that some were lost: they came faster than they were read\n", plural("time", r.Lost))
	}
	fmt.Fprintln(w, endsCannotSee)
}

// String is how a person reads it.
func (s endsSum) String() string {
	text := scanCount(s.Ends)
	if s.Unread > 0 {
		text += fmt.Sprintf(", %s with data unread", scanCount(s.Unread))
	}
	if s.Unacked > 0 {
		text += fmt.Sprintf(", %s with something not acknowledged", scanCount(s.Unacked))
	}
	return text
}
