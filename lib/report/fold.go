package report

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// What a row of the ladder matters to somebody who reads one screen. A row that a finding
// rests on matters more.
const (
	routine  = 1 // set-up, an acknowledgement alone
	ordinary = 2 // a change of state
	telling  = 3 // a call that moves data, opens or ends; the segment that it sends
	unusual  = 4 // an error, a held or a dropped segment, a window of zero, the end of a process
	striking = 5 // a RST, a signal

	citedOften = 1 // by a claim that was confirmed
	citedFirst = 2 // by what was refuted, or decided the outcome
)

// fold leaves so many lines of the ladder, or a few more: the rows that matter most. What
// lies between two of them is told of in a line.
func (l *ladder) fold(r *Run, lines int) {
	if len(l.rows) > lines {
		l.rows = l.merged(kept(l.weights(r), lines), r.Sockets)
	}
}

// kept says which rows are left where there is room for so many lines.
func kept(weights []int, lines int) []bool {
	least := striking + citedFirst
	from := func(limit int) []bool {
		keep := make([]bool, len(weights))
		for i, w := range weights {
			keep[i] = w >= limit
		}
		return keep
	}
	for least > routine && lengthOf(from(least-1)) <= lines {
		least--
	}
	keep := from(least)
	for i := range keep { // of those that matter as much one to the other, the first
		if keep[i] || weights[i] != least-1 {
			continue
		}
		keep[i] = true
		if lengthOf(keep) > lines {
			keep[i] = false
		}
	}
	for i := len(keep) - 1; i >= 0 && lengthOf(keep) > lines; i-- {
		keep[i] = false
	}
	return keep
}

// lengthOf is how many lines a ladder has of which some rows are kept.
func lengthOf(keep []bool) (n int) {
	for i, k := range keep {
		if k || i == 0 || keep[i-1] {
			n++
		}
	}
	return n
}

// weights says what each row matters.
func (l *ladder) weights(r *Run) []int {
	cited := map[int]int{}
	for i := range r.Findings {
		f, much := &r.Findings[i], citedOften
		if f.Verdict == claim.Refuted {
			much = citedFirst
		}
		for _, n := range f.Events[:min(len(f.Events), mostCited)] {
			cited[n] = max(cited[n], much)
		}
	}
	weights := make([]int, len(l.rows))
	for i := range l.rows {
		row, much := &l.rows[i], 0
		for _, n := range row.nums {
			much = max(much, cited[n])
		}
		weights[i] = min(weightOf(row)+much, striking+citedFirst)
	}
	// What heads a section matters as much as anything in it.
	for i, most := len(weights)-1, 0; i >= 0; i-- {
		most = max(most, weights[i])
		if l.rows[i].head != nil {
			weights[i], most = most, 0
		}
	}
	return weights
}

// weightOf says what a row matters by itself.
func weightOf(r *row) int {
	e := r.event
	switch {
	case r.head != nil:
		return routine // weights knows better
	case r.arrow != nil:
		return weightOfPacket(r.arrow)
	case r.state != nil:
		return ordinary
	case e.Call != nil:
		return weightOfCall(e.Call)
	case e.Process != nil && e.Process.Signal != "":
		return striking
	case e.Process != nil, e.Reset != nil, e.Answer != nil:
		return unusual
	case e.Table != nil:
		return routine
	}
	return telling
}

func weightOfPacket(a *arrow) int {
	p := a.label.p
	switch {
	case p.Flags.Has(journal.RST):
		return striking
	case closesWindow(p), a.fate == fateHeld, a.fate == fateDropped, a.fate == fateCopy, a.fate == fateInjected:
		return unusual
	case p.Len > 0, p.Flags.Has(journal.SYN), p.Flags.Has(journal.FIN):
		return telling
	}
	return routine
}

// movers are the calls that open, move data, or end.
var movers = []string{"connect", "accept4", "write", "send", "sendmsg", "read", "recvfrom", "shutdown", "close"}

func weightOfCall(c *journal.Call) int {
	switch {
	case c.Signal != "":
		return striking
	case c.Errno != "" && c.Errno != journal.EAGAIN && c.Errno != journal.EINPROGRESS:
		return unusual
	case slices.Contains(movers, c.Op):
		return telling
	}
	return routine
}

// merged are the rows, with those that are not kept told of together.
func (l *ladder) merged(keep []bool, sockets []journal.Socket) []row {
	var rows []row
	for i := 0; i < len(l.rows); {
		if keep[i] {
			rows = append(rows, l.rows[i])
			i++
			continue
		}
		to := i
		for to < len(l.rows) && !keep[to] {
			to++
		}
		if to == i+1 { // a line is as much as it takes by itself
			rows = append(rows, l.rows[i])
		} else {
			rows = append(rows, summed(l.rows[i:to], sockets))
		}
		i = to
	}
	return rows
}

// summed tells of several rows in a line.
func summed(some []row, sockets []journal.Socket) row {
	some = slices.DeleteFunc(slices.Clone(some), func(r row) bool { return r.head != nil })
	first, last := some[0].nums[0], 0
	for i := range some {
		for _, n := range some[i].nums {
			first, last = min(first, n), max(last, n)
		}
	}
	return row{t: some[0].t, nums: []int{first, last}, event: some[0].event, folded: summary(some, sockets)}
}

// summary says what happened in some rows: which connections came about and ended, and how
// much there was of the rest.
func summary(some []row, sockets []journal.Socket) string {
	var connected, ended, calls []string
	for i := range some {
		r := &some[i]
		switch {
		case r.state != nil && r.event.State.To == journal.Established:
			connected = append(connected, r.event.Socket)
		case r.state != nil && slices.Contains([]string{journal.Gone, journal.TimeWait, journal.Close}, r.event.State.To) && r.state.from != "":
			ended = append(ended, r.event.Socket)
		case r.arrow == nil && r.event.Call != nil:
			calls = append(calls, r.event.Call.Op)
		}
	}
	var parts []string
	if names := paired(connected, sockets); len(names) > 0 {
		parts = append(parts, strings.Join(names, ", ")+" connected")
	}
	if ops := counted(calls); len(ops) > 0 {
		parts = append(parts, strings.Join(ops, ", "))
	}
	parts = append(parts, traffic(some)...)
	if names := distinct(ended); len(names) > 0 {
		parts = append(parts, strings.Join(names, ", ")+" closed")
	}
	if len(parts) == 0 {
		parts = []string{count(int64(len(some)), "event")}
	}
	return strings.Join(parts, "; ")
}

// traffic says how many packets some rows have: of TCP by what they carry, others by their protocols.
func traffic(some []row) (parts []string) {
	var others []string
	acks, data := 0, 0
	for i := range some {
		r := &some[i]
		switch {
		case r.arrow == nil:
		case r.arrow.label.p.Proto != "":
			others = append(others, r.arrow.label.p.Proto)
		case r.arrow.label.p.Len > 0:
			data++
		case weightOfPacket(r.arrow) == routine:
			acks++
		}
	}
	if data > 0 {
		parts = append(parts, count(int64(data), "data segment"))
	}
	if acks > 0 {
		parts = append(parts, count(int64(acks), "ACK"))
	}
	if protos := counted(others); len(protos) > 0 {
		parts = append(parts, strings.Join(protos, ", "))
	}
	return parts
}

// mostNamed bounds how many of anything a summary names.
const mostNamed = 4

// counted names calls, each once and how often it was made.
func counted(ops []string) []string {
	times := map[string]int{}
	for _, op := range ops {
		times[op]++
	}
	names := distinct(ops)
	for i, op := range names {
		if n := times[op]; n > 1 {
			names[i] = fmt.Sprintf("%s ×%d", op, n)
		}
	}
	return names
}

// distinct are the first few of some names, each once.
func distinct(names []string) []string {
	var all []string
	for _, n := range names {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	if len(all) > mostNamed {
		all = append(all[:mostNamed], "…")
	}
	return all
}

// paired names the sockets of connections: both ends as one where both are there.
func paired(ids []string, sockets []journal.Socket) []string {
	at := map[string]journal.Socket{}
	for _, s := range sockets {
		at[s.ID] = s
	}
	var names []string
	done := map[string]bool{}
	for i, id := range ids {
		if done[id] {
			continue
		}
		done[id] = true
		name := id
		for _, other := range ids[i+1:] {
			if a, b := at[id], at[other]; !done[other] && a.Local != "" && a.Local == b.Remote && a.Remote == b.Local {
				done[other], name = true, id+" ↔ "+other
				break
			}
		}
		names = append(names, name)
	}
	return distinct(names)
}

// longGap is from how long on a time in which nothing happened has a line, in nanoseconds,
// and mostGaps how many have: the longest.
const (
	longGap  = 10_000_000
	mostGaps = 4
)

// gaps puts a line where nothing happened for a while.
func (l *ladder) gaps() {
	var rows []row
	for i, d := range l.longGaps() {
		if d > 0 {
			rows = append(rows, row{gap: d, event: l.rows[i].event})
		}
		rows = append(rows, l.rows[i])
	}
	l.rows = rows
}

// longGaps are the times in which nothing happened, before each row; 0 where they are short.
func (l *ladder) longGaps() []int64 {
	var (
		before = make([]int64, len(l.rows))
		long   []int64
	)
	for i := 1; i < len(l.rows); i++ {
		if d := l.rows[i].t - l.rows[i-1].t; d >= longGap {
			before[i] = d
			long = append(long, d)
		}
	}
	slices.Sort(long)
	if len(long) > mostGaps {
		least := long[len(long)-mostGaps]
		for i, d := range before {
			if d < least {
				before[i] = 0
			}
		}
	}
	return before
}
