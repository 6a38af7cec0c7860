package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/report"
)

// write shows the report as text.
func (r *scanReport) write(w io.Writer) {
	fmt.Fprintln(w, r.headline())
	for i := range r.Kinds {
		fmt.Fprintln(w)
		r.Kinds[i].write(w)
	}
	if len(r.Kinds) > 0 && (r.OwnersNotVisible > 0 || len(r.Notes) > 0) {
		fmt.Fprintln(w)
	}
	r.writeNotes(w)
}

// writeNotes says what could not be seen.
func (r *scanReport) writeNotes(w io.Writer) {
	if r.OwnersNotVisible > 0 {
		fmt.Fprintln(w, live.NotVisible(r.OwnersNotVisible, r.OwnersReason))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, n)
	}
}

// headline is how many there are.
func (r *scanReport) headline() string {
	stuck := "no socket is stuck"
	switch {
	case r.Stuck == 1:
		stuck = "1 socket is stuck"
	case r.Stuck > 1:
		stuck = scanCount(r.Stuck) + " sockets are stuck"
	}
	waiting := "none"
	if r.TimeWait > 0 {
		waiting = scanCount(r.TimeWait)
	}
	where := ""
	if r.Namespace != "" {
		where = " in " + r.Namespace
	}
	return fmt.Sprintf("%s, %s in TIME_WAIT%s", stuck, waiting, where)
}

// write shows one kind: what it means, what it comes to, and its groups.
func (k *scanKind) write(w io.Writer) {
	fmt.Fprintf(w, "%s %s: %s (whose bug: %s)\n", k.State, scanCount(k.Sockets), k.Meaning, k.Whose)
	fmt.Fprintf(w, "  %s\n", k.facts())
	var t scanTable
	for i := range k.Programs {
		p := &k.Programs[i]
		t.row(p.Sockets, p.AtLeast, scanProcess(p.Owner), p.facts()+scanShared(p.Shared))
	}
	t.rest(k.OtherPrograms, "program")
	if k.OwnersNotVisible > 0 {
		t.row(k.OwnersNotVisible, false, "owner not visible", "")
	}
	if k.Orphans > 0 {
		t.row(k.Orphans, false, "no owner any more", "")
	}
	t.write(w)
	t = scanTable{}
	for i := range k.Remotes {
		e := &k.Remotes[i]
		t.row(e.Sockets, e.AtLeast, e.String(), e.facts())
	}
	t.rest(k.OtherRemotes, "place")
	t.write(w)
}

// scanProcess is a process by name and number.
func scanProcess(o live.Owner) string {
	name := "pid " + strconv.Itoa(o.PID)
	if o.Program != "" {
		name = report.Printable(o.Program) + " (" + name + ")"
	}
	return name
}

func scanShared(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %s held by other processes too", scanCount(n))
}

// String is how a person reads it.
func (e scanEnds) String() string {
	if e.Direction == "in" {
		return "from " + e.Peer + " to " + e.Service
	}
	return "to " + e.Service
}

// facts are what sockets come to, without what is nothing.
func (s *scanSum) facts() string {
	facts := []string{s.Oldest.String()}
	if s.LeftMS > 0 {
		facts = []string{"the last ends in " + scanTime(s.LeftMS)}
	}
	add := func(n uint64, format string) {
		if n > 0 {
			facts = append(facts, fmt.Sprintf(format, scanCount(n)))
		}
	}
	add(uint64(s.EndRead), "%s read to the end")
	add(s.Unread, "unread %s B")
	add(s.Unacked, "unacknowledged %s B")
	add(s.Unsent, "unsent %s B")
	add(uint64(s.MPTCP), "%s MPTCP")
	return strings.Join(facts, ", ")
}

// String says how old the oldest is.
func (a scanAge) String() string {
	switch low, high := a.AtLeastMS, a.AtMostMS; {
	case low == nil && high == nil:
		return "age not told"
	case high == nil:
		return "oldest at least " + scanTime(*low)
	case low == nil:
		return "oldest at most " + scanTime(*high)
	case scanTime(*low) == scanTime(*high):
		return "oldest " + scanTime(*low)
	default:
		return "oldest " + scanTime(*low) + " to " + scanTime(*high)
	}
}

// scanTime is a time in the two largest units that one reads.
func scanTime(ms uint32) string {
	d := time.Duration(ms) * time.Millisecond
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%ds", ms/1000)
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", minutes, int(d.Seconds())%60)
	case days == 0:
		return fmt.Sprintf("%dh%dm", hours, minutes)
	}
	return fmt.Sprintf("%dd%dh", days, hours)
}

// scanCount writes a count with its thousands apart: 7,310.
func scanCount[N int | uint64](n N) string {
	s := strconv.FormatUint(uint64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
