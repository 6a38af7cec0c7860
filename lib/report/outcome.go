package report

import (
	"strconv"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// outcomeName is an outcome as one says it.
func outcomeName(o claim.Outcome) string { return strings.ReplaceAll(string(o), "_", " ") }

// tallyText says how many runs had which outcome, without those none had.
func tallyText(t Tally) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what claim.Outcome
	}{
		{t.Reproduced, claim.Reproduced},
		{t.NotReproduced, claim.NotReproduced},
		{t.Inconclusive, claim.OutcomeUnresolved},
	} {
		if p.n > 0 {
			parts = append(parts, grouped(int64(p.n))+" "+outcomeName(p.what))
		}
	}
	if len(parts) == 0 {
		return "no runs"
	}
	return count(int64(t.total()), "run") + ": " + strings.Join(parts, ", ")
}

// sumText is the tally, with the names of what was not reproduced.
func (r *Report) sumText() string {
	text := tallyText(r.Tally)
	if r.scenarios() < 2 {
		return text
	}
	for _, o := range []claim.Outcome{claim.NotReproduced, claim.OutcomeUnresolved} {
		if names := r.unlike(o); names != "" {
			text += "; " + outcomeName(o) + ": " + names
		}
	}
	return text
}

// totalText says how a claim fared over the runs of its scenario.
func totalText(t *claim.Total) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what claim.Verdict
	}{{t.Confirmed, claim.Confirmed}, {t.Refuted, claim.Refuted}, {t.Inconclusive, claim.Inconclusive}} {
		if p.n > 0 {
			parts = append(parts, string(p.what)+" in "+grouped(int64(p.n)))
		}
	}
	runs := t.Confirmed + t.Refuted + t.Inconclusive
	return t.Scenario + ": " + strings.Join(parts, ", ") + " of " + count(int64(runs), "run")
}

func (t Tally) total() int { return t.Reproduced + t.NotReproduced + t.Inconclusive }

// several says whether a report needs more than its one run's outcome to be summed up.
func (r *Report) several() bool { return len(r.Runs) != 1 || r.Tally.total() > 1 }

// witnessText says who watched, and who could not or missed something.
func witnessText(ws []journal.WitnessStatus) string {
	var fine, not []string
	for _, w := range ws {
		switch {
		case w.Status != journal.Attached:
			not = append(not, string(w.Name)+" "+w.Status+because(w.Reason))
		case w.Lost > 0:
			not = append(not, string(w.Name)+" lost "+strconv.Itoa(w.Lost)+because(w.Reason))
		case w.Reason != "":
			not = append(not, string(w.Name)+because(w.Reason))
		default:
			fine = append(fine, string(w.Name))
		}
	}
	if len(fine) > 0 {
		not = append([]string{strings.Join(fine, ", ")}, not...)
	}
	return strings.Join(not, "; ")
}

// blindText says which witnesses could not watch, or missed something.
func blindText(ws []journal.WitnessStatus) string {
	var blind []journal.WitnessStatus
	for _, w := range ws {
		if w.Status != journal.Attached || w.Lost > 0 {
			blind = append(blind, w)
		}
	}
	return witnessText(blind)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// networkText says where a run took place, and why there.
func networkText(r *Run) string {
	s := string(r.Network) + ", " + string(r.Family)
	if r.NetworkWhy != "" {
		s += ": " + r.NetworkWhy
	}
	if r.Over != "" {
		s += "; over " + r.Over
	}
	return s
}

// maxSockets bounds how many sockets a heading lists.
const maxSockets = 12

func socketText(sockets []journal.Socket, to string) string {
	var parts []string
	for i, s := range sockets {
		if i == maxSockets {
			parts = append(parts, grouped(int64(len(sockets)-i))+" more")
			break
		}
		part := s.ID
		if s.Local != "" {
			part += " " + string(s.Local)
		}
		if s.Remote != "" {
			part += " " + to + " " + string(s.Remote)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// selfConnected names the first socket that is at both ends of its connection.
func (r *Run) selfConnected() (id string, ok bool) {
	for i := range r.Sockets {
		if s := &r.Sockets[i]; s.Local != "" && s.Local == s.Remote {
			return s.ID, true
		}
	}
	return "", false
}

// verdicts counts findings by verdict.
func verdicts(findings []claim.Finding) (confirmed, refuted, inconclusive int) {
	for i := range findings {
		switch findings[i].Verdict {
		case claim.Confirmed:
			confirmed++
		case claim.Refuted:
			refuted++
		default:
			inconclusive++
		}
	}
	return confirmed, refuted, inconclusive
}
