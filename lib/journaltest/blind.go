package journaltest

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// tellsOnlyWhatWasSeen checks that nothing is said otherwise where a witness could not
// be had: a verdict is the same or inconclusive, and a table's cell says the same or
// nothing. “No answer” where nobody watched the packets would be a lie.
func (s *Suite) tellsOnlyWhatWasSeen(t *testing.T) {
	for _, name := range s.Recordings {
		whole := Recorded(t, name)
		scenario := s.Scenario(t, whole.Scenario)
		for _, w := range whole.Witnesses {
			t.Run(name+"/without "+string(w.Name), func(t *testing.T) {
				less := blind(t, name, w.Name)
				lessJudged(t, scenario, whole, less)
				// Of a socket that is torn down TCP_INFO says CLOSE, where sock_diag, alone,
				// rightly finds nothing.
				if scenario.Compare != nil && w.Name != journal.TCPInfo {
					lessTold(t, scenario.Compare(tcp.New(whole)), scenario.Compare(tcp.New(less)))
				}
			})
		}
	}
}

// blind is a recording as it would be without a witness.
func blind(t *testing.T, name string, w journal.Witness) *journal.Journal {
	d := New(t, name)
	missing(w)(d)
	var seen []journal.Event
	for i := range d.Events {
		if e := &d.Events[i]; witnessOf(e) != w {
			seen = append(seen, *e)
		}
	}
	d.Events = seen
	return d.Journal
}

// witnessOf is the witness that an event is owed to; "": the steps themselves.
func witnessOf(e *journal.Event) journal.Witness {
	switch {
	case e.Packet != nil:
		return journal.Packets
	case e.State != nil:
		return e.State.Witness
	case e.Destroyed != nil:
		return e.Destroyed.Witness
	case e.Counter != nil:
		return journal.Counters
	}
	return ""
}

// lessJudged compares verdicts with those of somebody who saw less.
func lessJudged(t *testing.T, scenario *scenario.Scenario, whole, less *journal.Journal) {
	t.Helper()
	was, _, all := scenario.Judge(whole)
	is, why, some := scenario.Judge(less)
	if is != was && is != claim.OutcomeUnresolved {
		t.Errorf("%s; whoever saw all says %s: %s", is, was, why)
	}
	for i := range some {
		if some[i].Verdict != all[i].Verdict && some[i].Verdict != claim.Inconclusive {
			t.Errorf("%s %s; whoever saw all says %s: %s", some[i].Claim, some[i].Verdict, all[i].Verdict, some[i].Because)
		}
	}
}

// lessTold compares a table with that of somebody who saw less.
func lessTold(t *testing.T, whole, less *claim.Comparison) {
	t.Helper()
	if whole == nil || less == nil {
		return
	}
	rows := map[string][][]claim.Cell{} // several may have the same name
	for _, r := range whole.Rows {
		rows[r.What] = append(rows[r.What], r.Cells)
	}
	for _, r := range less.Rows {
		var was []claim.Cell
		if same := rows[r.What]; len(same) > 0 {
			was, rows[r.What] = same[0], same[1:]
		}
		for i, cell := range r.Cells {
			if cell.Text != "" && (len(was) <= i || was[i].Text != cell.Text) {
				t.Errorf("%s, %s: %q; whoever saw all says %+v", r.What, less.Ways[i], cell.Text, was)
			}
		}
	}
}
