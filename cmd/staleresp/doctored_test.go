package main

import (
	"slices"
	"strings"
	"testing"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/journal"
)

// suite is what these tests work with. Each recording is of a run on the
// network that its name says, or on the strongest that the scenario can have.
var suite = doctor.Suite{
	Program: &program,
	Shown:   []string{"late-reply", "policies"},
	Recordings: []string{
		"late-reply", "late-reply-host", "late-reply-patient", "slow-server", "slow-server-loopback", "slow-network", "policies",
		"crosswire", "cancelled", "survivor", "incarnation", "incarnation-stamped", "time-wait",
	},
	Unconfirmed: []string{"SR17", "SR19"},
	Cases:       slices.Concat(doctoredLate, doctoredPolicies, doctoredCrossed, doctoredCancelled, doctoredIncarnation, doctoredTimeWait),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What every doctor does, and looks for.
var (
	all        = doctor.All
	asRecorded = doctor.AsRecorded
	dropped    = doctor.Dropped
	droppedAll = doctor.DroppedAll
	entered    = doctor.Entered
)

// answered is what became of a user's request by a policy; with "" of any.
func answered(p policy, user, did string) doctor.Which {
	return func(e *journal.Event) bool {
		return e.Answer != nil && (p == "" || e.Answer.Policy == string(p)) &&
			strings.HasSuffix(e.Answer.Request, user) && (did == "" || e.Answer.Did == did)
	}
}

// did lets a client have done something else with such an answer.
func did(w doctor.Which, what string) func(*doctor.Journal) {
	return func(d *doctor.Journal) { d.First(w).Answer.Did = what }
}

// read lets a client have read other bytes when it did that.
func read(w doctor.Which, q question) func(*doctor.Journal) {
	return func(d *doctor.Journal) {
		e := d.First(w)
		e.Answer.Reply = said(q.reply(prize(q)))
		d.First(numbered(e.Answer.Read)).Call.Data = q.reply(prize(q))
	}
}

// numbered is the event of that number.
func numbered(n int) doctor.Which { return func(e *journal.Event) bool { return e.N == n } }

// wrote is a call that wrote the reply to a question.
func wrote(q question) doctor.Which {
	return func(e *journal.Event) bool {
		if e.Call == nil || e.Call.Op != "write" {
			return false
		}
		r, _, ok := parse(e.Call.Data, replyWord)
		return ok && r == q
	}
}

// moved puts the first such event behind the first of another sort.
func moved(w, behind doctor.Which) func(*doctor.Journal) {
	return func(d *doctor.Journal) {
		e := *d.First(w)
		to := d.First(behind)
		n, t := to.N, to.T
		d.Drop(w)
		d.Again(n, &e, func(c *journal.Event) { c.T = t })
	}
}

// renamed gives what clients of a policy did to another.
func renamed(from, to policy) func(*doctor.Journal) {
	return func(d *doctor.Journal) {
		d.First(answered(from, "", ""))
		for i := range d.Events {
			if a := d.Events[i].Answer; a != nil && a.Policy == string(from) {
				a.Policy = string(to)
			}
		}
	}
}
