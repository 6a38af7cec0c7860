package replies

import (
	"cmp"
	"fmt"
	"slices"
)

// conclude says what the log shows: it is clean if enough replies are known to be right,
// and none is known to be another's.
func (j *judge) conclude() {
	j.settle()
	j.Read = j.how()
	r := j.Report
	r.Outcome, r.Why = r.outcome()
	if r.Repeated > 0 && r.Outcome == Stale {
		r.Why += fmt.Sprintf("; of %d more it cannot be told, for the same request had been made before", r.Repeated)
	}
	if r.Unanswered > 0 && r.Outcome != Inconclusive {
		r.Why += fmt.Sprintf("; %d of %d requests are without a reply", r.Unanswered, r.requests())
	}
}

// settle decides what could not be decided before all was read.
func (j *judge) settle() {
	if tabs := j.counts[way{}] > 0 || len(j.counts) == 0; tabs { // a tab ends the request here
		j.Other += j.tabs
		j.First = append(j.First, j.tabbed...)
		slices.SortStableFunc(j.First, func(a, b Wrong) int { return cmp.Compare(a.Line, b.Line) })
		j.First = j.First[:min(len(j.First), shownLines)]
	} else {
		j.PassedOver += j.tabs
	}
	if j.Right+j.Repeated+j.Stale == 0 && j.o.Known == nil { // whose the replies are cannot be said
		j.Unrecognised, j.Foreign = j.Unrecognised+j.Foreign, 0
		for i := range j.First {
			if j.First[i].Kind == IsForeign {
				j.First[i].Kind = IsUnrecognised
			}
		}
	}
}

// requests is how many requests the log has.
func (r *Report) requests() int64 {
	return r.Right + r.Repeated + r.Unanswered + r.Stale + r.Foreign + r.Unrecognised + r.Other
}

// replies is how many replies there are of which it is known whose they are.
func (r *Report) replies() int64 { return r.Right + r.Stale + r.Foreign }

func (r *Report) wrongs() int64 { return r.Stale + r.Foreign }

// outcome decides; the first that applies.
func (r *Report) outcome() (Outcome, string) {
	switch requests := r.requests(); {
	case r.wrongs() > 0:
		return Stale, fmt.Sprintf("of %d replies, %d were not the request's own: %d to an earlier line, %d to no line before", r.replies(), r.wrongs(), r.Stale, r.Foreign)
	case r.Interrupted:
		return Inconclusive, fmt.Sprintf("interrupted after %d lines, in which no reply was another request's", r.Lines)
	case requests == 0 && r.Malformed == 0:
		return Inconclusive, fmt.Sprintf("nothing was recognised in %d lines: want the request, and the reply to it, token- and 16 hexadecimal digits, in each line", r.Lines)
	case r.Right+r.Repeated == 0 && r.Unrecognised > 0:
		return Inconclusive, fmt.Sprintf("%d replies were recognised, but no request: want it in each line as the peer got it, as \"GET key\" or \"GET /path\"", r.Unrecognised)
	case r.Malformed > 0:
		return Inconclusive, fmt.Sprintf("%d of %d lines are longer than %d bytes, or no record", r.Malformed, r.Lines, maxLine)
	case r.Unrecognised > 0:
		return Inconclusive, fmt.Sprintf("of %d replies of %d it cannot be said to what request they are: want it in each line as the peer got it", r.Unrecognised, requests)
	case r.Other > 0:
		return Inconclusive, fmt.Sprintf("%d replies of %d are none that the peer sends", r.Other, requests)
	case 2*r.Unanswered > requests:
		return Inconclusive, fmt.Sprintf("%d of %d requests are without a reply: too little to judge by", r.Unanswered, requests)
	case requests < 2:
		return Inconclusive, "one request alone shows nothing: want two or more"
	case r.PassedOver > requests+1: // and a heading
		return Inconclusive, fmt.Sprintf("%d of %d lines have no request and reply: too little to judge by; give those that have", r.PassedOver, r.Lines)
	case r.Repeated > 0:
		return Inconclusive, fmt.Sprintf("%d replies may be those to the same request before, which cannot be told: make each request distinct, by a number for instance; %d others are the request's own", r.Repeated, r.Right)
	}
	return Clean, fmt.Sprintf("all %d replies are the request's own", r.Right)
}
