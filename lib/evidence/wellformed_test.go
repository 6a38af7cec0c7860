package evidence

import (
	"encoding/json"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// contradiction is what a forger does to a journal, and what is found then.
type contradiction struct {
	forge func(j *journal.Journal)
	want  string // begins a problem, behind "journal.jsonl, run 1"
}

// wantContradictions checks that each is found, whatever build is said to have made
// the bundle, and that nothing was before.
func wantContradictions(t *testing.T, genuine func() journal.Journal, all map[string]contradiction) {
	t.Helper()
	mustHold(t, rendered(t, New(reportOf(genuine()), How{Repeat: 1})))
	for name, tt := range all {
		t.Run(name, func(t *testing.T) {
			j := copied(t, genuine())
			tt.forge(&j)
			wantFound(t, rendered(t, New(reportOf(j), How{Repeat: 1})), elsewhere(), "journal.jsonl, run 1"+tt.want)
		})
	}
}

// copied shares nothing with j.
func copied(t *testing.T, j journal.Journal) journal.Journal {
	t.Helper()
	var c journal.Journal
	b, err := json.Marshal(j)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	for i := range j.Events {
		var e journal.Event
		if b, err = json.Marshal(j.Events[i]); err == nil {
			err = json.Unmarshal(b, &e)
		}
		c.Events = append(c.Events, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestContradictions are journals that no run records.
func TestContradictions(t *testing.T) {
	wantContradictions(t, func() journal.Journal { return cross(t, addrA, addrB) }, map[string]contradiction{
		"network":            {func(j *journal.Journal) { j.Network = "moon" }, `: there is no network "moon"`},
		"family":             {func(j *journal.Journal) { j.Family = "ipv5" }, `: there is no family "ipv5"`},
		"other family":       {func(j *journal.Journal) { j.Family = journal.IPv6 }, `: the socket a1 cannot have the address "192.0.2.1:5001"`},
		"packets' family":    {func(j *journal.Journal) { j.Family, j.Sockets = journal.IPv6, nil }, `, event 2: no packet goes from "192.0.2.1:5001"`},
		"no address":         {func(j *journal.Journal) { j.Sockets[0].Local = "here" }, `: the socket a1 cannot have the address "here"`},
		"witness twice":      {func(j *journal.Journal) { j.Witnesses = append(j.Witnesses, j.Witnesses[0]) }, ": it lists the witness calls twice"},
		"witness made up":    {func(j *journal.Journal) { j.Witnesses[0].Name = "me" }, `: there is no witness "me"`},
		"state by nobody":    {func(j *journal.Journal) { j.Events[3].State.Witness = "w1" }, `, event 4: there is no witness "w1"`},
		"state by packets":   {func(j *journal.Journal) { j.Events[3].State.Witness = journal.Packets }, ", event 4: the witness packets sees no states"},
		"status":             {func(j *journal.Journal) { j.Witnesses[0].Status = "asleep" }, `: the witness calls cannot be "asleep"`},
		"lost less":          {func(j *journal.Journal) { j.Witnesses[0].Lost = -1 }, `: the witness calls cannot be "attached" and have lost -1`},
		"unavailable":        {func(j *journal.Journal) { j.Witnesses[2].Status = journal.Unavailable }, ", event 2: the witness packets saw it"},
		"not mentioned":      {func(j *journal.Journal) { j.Witnesses = j.Witnesses[:1] }, ", event 2: the witness packets saw it"},
		"socket twice":       {func(j *journal.Journal) { j.Sockets[1].ID = "a1" }, ": it lists the socket a1 twice"},
		"another's socket":   {func(j *journal.Journal) { j.Events[0].Host = "b" }, ", event 1: the socket a1 is of host a"},
		"elapsed":            {func(j *journal.Journal) { j.ElapsedNS = -1 }, ": it began after 1000000 ns and took -1"},
		"began":              {func(j *journal.Journal) { j.BeganNS = -1 }, ": it began after -1 ns"},
		"played before":      {func(j *journal.Journal) { j.Played = -1 }, ": its play ended with event -1"},
		"played past":        {func(j *journal.Journal) { j.Played = 10 }, ": its play ended with event 10"},
		"negative time":      {func(j *journal.Journal) { j.Events[0].T = -1 }, ", event 1: at -1 ns"},
		"beyond the run":     {func(j *journal.Journal) { j.Events[8].T = 99_001 }, ", event 9: at 99001 ns"},
		"call for ever":      {func(j *journal.Journal) { j.Events[0].Call.TookNS = 1 << 62 }, ", event 1: at 1000 ns, for 4611686018427387904 ns"},
		"call before itself": {func(j *journal.Journal) { j.Events[0].Call.TookNS = -1 }, ", event 1: at 1000 ns, for -1 ns"},
		"time goes back":     {func(j *journal.Journal) { j.Events[2].T = 1999 }, ", event 3: at 1999 ns it was before"},
		"state":              {func(j *journal.Journal) { j.Events[3].State.To = "REFUTED" }, `, event 4: there is no state "REFUTED"`},
		"state before":       {func(j *journal.Journal) { j.Events[3].State.From = "REFUTED" }, `, event 4: there is no state "REFUTED"`},
		"data and its hash": {func(j *journal.Journal) {
			j.Events[0].Call.Data, j.Events[0].Call.Digest = []byte("x"), &journal.Digest{Len: 1}
		}, ", event 1: what it moved is kept"},
	})
}

// TestNoRunIsNoEvidence: neither written nor read.
func TestNoRunIsNoEvidence(t *testing.T) {
	none := New(reportOf(), How{Repeat: 1})
	if _, err := none.render(); err == nil || !strings.Contains(err.Error(), "there was no run") {
		t.Error(err)
	}
	all := rendered(t, sample(t))
	all[fileJournal] = nil
	all[fileManifest] = manifestOf(without(all, fileManifest))
	wantFound(t, all, judge, "journal.jsonl: it has no run")
}
