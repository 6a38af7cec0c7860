package claim

import (
	"slices"

	"sockproof/lib/journal"
)

// Check judges a journal.
type Check = func(j *journal.Journal) Finding

// Complete is the finding where something may still have come when the run was
// stopped; ok: the run took every step.
func Complete(j *journal.Journal) (f Finding, ok bool) {
	if j.Stopped != "" {
		return Unclear("the run was stopped before it could be seen: %s", j.Stopped), false
	}
	return Finding{}, true
}

// Refuse is a refuting finding that rests on something not having come: if the
// run was stopped, it might still have, and nothing is refuted.
func Refuse(j *journal.Journal, events []int, because string, args ...any) Finding {
	if f, ok := Complete(j); !ok {
		return f
	}
	f := Refute(events, because, args...)
	f.Absence = true
	return f
}

// Absent marks a finding that rests on something not having come: any contradiction
// between the witnesses of the run may be about just that.
func Absent(f Finding) Finding {
	f.Absence = true
	return f
}

// Possibly turns what a phenomenon lacks into what a claim of possibility cannot
// tell: that it did not happen in this run does not say that it cannot.
func Possibly(check Check) Check {
	return func(j *journal.Journal) Finding {
		f := check(j)
		if f.Verdict == Refuted {
			return Unclear("not in this run: %s", f.Because)
		}
		return f
	}
}

// Together is what several checks say at once: the first that does not confirm,
// or that all do.
func Together(j *journal.Journal, checks ...Check) Finding {
	var (
		cited  []int
		told   string
		absent bool
	)
	for i, check := range checks {
		f := check(j)
		if f.Verdict != Confirmed {
			return f
		}
		cited = append(cited, f.Events...)
		absent = absent || f.Absence
		if i > 0 {
			told += "; "
		}
		told += f.Because
	}
	slices.Sort(cited)
	all := Confirm(slices.Compact(cited), "%s", told)
	all.Absence = absent
	return all
}
