package main

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// suite is what these tests work with. Each recording is of a run on the
// network that its name says, or on the strongest that the scenario can have.
var suite = journaltest.Suite{
	Program: &program,
	Shown:   []string{"late-reply", "policies"},
	Recordings: []string{
		"late-reply", "late-reply-host", "late-reply-patient", "slow-server", "slow-server-loopback", "slow-network", "policies",
		"crosswire", "cancelled", "survivor", "incarnation", "incarnation-stamped", "time-wait",
	},
	Unconfirmed: []string{"SR17", "SR19"},
	Unseen:      0.14,
	Cases:       slices.Concat(alteredLate, alteredPolicies, alteredCrossed, alteredCancelled, alteredIncarnation, alteredTimeWait),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all        = journaltest.All
	asRecorded = journaltest.AsRecorded
	changed    = journaltest.Changed
	changedAll = journaltest.ChangedAll
	dropped    = journaltest.Dropped
	droppedAll = journaltest.DroppedAll
	setTo      = journaltest.SetTo
	call       = journaltest.Call
	entered    = journaltest.Entered
	numbered   = journaltest.Numbered
)

// answered is what became of a user's request by a policy; with "" of any.
func answered(p policy, user, did string) journaltest.Which {
	return func(e *journal.Event) bool {
		return e.Answer != nil && (p == "" || e.Answer.Policy == string(p)) &&
			strings.HasSuffix(e.Answer.Request, user) && (did == "" || e.Answer.Did == did)
	}
}

// did lets a client have done something else with such an answer.
func did(w journaltest.Which, what string) journaltest.Change {
	return changed(w, func(e *journal.Event) { e.Answer.Did = what })
}

// read lets a client have read other bytes when it did that.
func read(w journaltest.Which, q question) journaltest.Change {
	return func(d *journaltest.Journal) {
		e := d.First(w)
		e.Answer.Reply = said(q.reply(prize(q)))
		d.First(numbered(e.Answer.Read)).Call.Data = q.reply(prize(q))
	}
}

// wrote is a call that wrote the reply to a question.
func wrote(q question) journaltest.Which {
	return func(e *journal.Event) bool {
		if !call("write")(e) {
			return false
		}
		r, _, ok := parse(e.Call.Data, replyWord)
		return ok && r == q
	}
}

// moved puts the first such event behind the first of another sort.
func moved(w, behind journaltest.Which) journaltest.Change {
	return func(d *journaltest.Journal) {
		e := *d.First(w)
		to := d.First(behind)
		n, t := to.N, to.T
		d.Drop(w)
		d.Again(n, &e, func(c *journal.Event) { c.T = t })
	}
}

// renamed gives what clients of a policy did to another.
func renamed(from, to policy) journaltest.Change {
	return changedAll(answered(from, "", ""), func(e *journal.Event) { e.Answer.Policy = string(to) })
}
