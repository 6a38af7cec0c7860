package main

import (
	"cmp"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
)

// scanSchema names the JSON document.
const scanSchema = "sockproof/halfclose-scan/v1"

// shownGroups is how many groups of a sort are shown; the others are one sum.
const shownGroups = 10

// scanReport is what a scan found, as it is shown.
type scanReport struct {
	Schema    string       `json:"schema"`
	Round     int          `json:"round,omitempty"`     // of --every, from 1
	At        *time.Time   `json:"at,omitempty"`        // of that round
	Namespace string       `json:"namespace,omitempty"` // looked into, if not the caller's own
	Stuck     int          `json:"stuck"`               // in all states but TIME_WAIT; what --fail-over limits
	TimeWait  int          `json:"time_wait"`
	Kinds     []scanKind   `json:"kinds"`             // those that were found, what needs a repair first
	Changes   []scanChange `json:"changes,omitempty"` // since the round before, the same order
	// OwnersNotVisible counts the sockets that have an owner whom this process
	// may not see; OwnersReason says what would help.
	OwnersNotVisible int    `json:"owners_not_visible"`
	OwnersReason     string `json:"owners_reason,omitempty"`
	// Complete: the kernel did not say that its tables changed during the dumps.
	Complete bool     `json:"complete"`
	Notes    []string `json:"notes,omitempty"` // what could not be looked at
}

// scanKind is the sockets that are stuck in one way.
type scanKind struct {
	State   string `json:"state"`
	Kind    string `json:"kind"` // what in that state tells one cause from another
	Meaning string `json:"meaning"`
	Whose   string `json:"whose_bug"`
	scanSum
	Orphans          int           `json:"orphans,omitempty"`            // closed by their programs: nobody owns them any more
	OwnersNotVisible int           `json:"owners_not_visible,omitempty"` // owned by somebody whom this process may not see
	Programs         []scanProgram `json:"programs"`                     // that own them, or listen for those never accepted
	OtherPrograms    *scanRest     `json:"other_programs,omitempty"`
	Remotes          []scanRemote  `json:"remotes"`
	OtherRemotes     *scanRest     `json:"other_remotes,omitempty"`
}

// scanSum is what sockets come to.
type scanSum struct {
	Sockets int     `json:"sockets"`
	MPTCP   int     `json:"mptcp,omitempty"`    // those of them that are MPTCP's
	EndRead int     `json:"end_read,omitempty"` // those whose program has read the peer's end: it knows
	Oldest  scanAge `json:"oldest"`             // of the state, between which bounds
	LeftMS  uint32  `json:"left_ms,omitempty"`  // until the kernel has forgotten the last
	Unread  uint64  `json:"unread_bytes"`       // by the program
	Unacked uint64  `json:"unacked_bytes"`      // by the peer
	Unsent  uint64  `json:"unsent_bytes"`       // those of them that were never sent
}

// scanAge is between which bounds an age lies; absent: the kernel does not tell.
type scanAge struct {
	AtLeastMS *uint32 `json:"at_least_ms,omitempty"`
	AtMostMS  *uint32 `json:"at_most_ms,omitempty"`
}

// scanProgram is a process's sockets.
type scanProgram struct {
	live.Owner
	scanSum
	Shared  int  `json:"shared,omitempty"`   // those that other processes hold too
	AtLeast bool `json:"at_least,omitempty"` // more of them may be among the others
}

// scanRemote is the sockets of connections to the same place.
type scanRemote struct {
	scanEnds
	scanSum
	AtLeast bool `json:"at_least,omitempty"` // more of them may be among the others
}

// scanEnds are the ends of connections, without the port that the kernel chose.
type scanEnds struct {
	Direction string `json:"direction"`      // "in": the service is here; "out": it is there
	Service   string `json:"service"`        // address and port
	Peer      string `json:"peer,omitempty"` // whom a connection came from
}

// scanRest is the sockets of groups that are not shown.
type scanRest struct {
	Groups int `json:"groups,omitempty"` // how many; 0: too many to count
	scanSum
}

// report shows a tally.
func (t *stuckTally) report() *scanReport {
	r := &scanReport{
		Schema: scanSchema, Stuck: t.stuck(), TimeWait: t.kinds[stuckTimeWait].sockets, Kinds: []scanKind{},
		OwnersNotVisible: t.notVisible, OwnersReason: t.whyNot, Complete: true,
	}
	for k := range t.kinds {
		if t.kinds[k].sockets > 0 {
			r.Kinds = append(r.Kinds, t.kinds[k].report(stuckKind(k)))
		}
	}
	if t.whyNoMPTCP != "" {
		r.Notes = append(r.Notes, "no MPTCP sockets: "+t.whyNoMPTCP)
	}
	if t.doubled {
		r.Notes = append(r.Notes, "too many MPTCP sockets to tell all their connections from others: some may have been counted twice")
	}
	return r
}

func (k *stuckTallyKind) report(kind stuckKind) scanKind {
	words := stuckWords[kind]
	r := scanKind{
		State: words.state, Kind: words.name, Meaning: words.meaning, Whose: words.whose,
		scanSum: k.sum(), Orphans: k.orphans, OwnersNotVisible: k.notVisible,
		Programs: []scanProgram{}, Remotes: []scanRemote{},
	}
	programs := k.programs.biggest(shownGroups, scanOrder)
	for _, o := range programs {
		g := k.programs.by[o]
		r.Programs = append(r.Programs, scanProgram{o, g.sum(), g.shared, g.atLeast})
	}
	r.OtherPrograms = scanRestOf(&k.programs, programs)
	remotes := k.remotes.biggest(shownGroups, stuckRemote.compare)
	for _, e := range remotes {
		g := k.remotes.by[e]
		r.Remotes = append(r.Remotes, scanRemote{e.report(), g.sum(), g.atLeast})
	}
	r.OtherRemotes = scanRestOf(&k.remotes, remotes)
	return r
}

func scanOrder(a, b live.Owner) int {
	return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.Program, b.Program))
}

func (r stuckRemote) report() scanEnds {
	if r.in {
		return scanEnds{"in", r.service.String(), r.peer.String()}
	}
	return scanEnds{"out", r.service.String(), ""}
}

// scanRestOf is the sum of the groups that are not shown; nil: all are.
func scanRestOf[K comparable](g *stuckGroups[K], shown []K) *scanRest {
	sum, groups := g.but(shown)
	if sum.sockets == 0 {
		return nil
	}
	if g.isFolded() {
		groups = 0
	}
	return &scanRest{groups, sum.sum()}
}

func (t *stuckSum) sum() scanSum {
	return scanSum{
		Sockets: t.sockets, MPTCP: t.mptcp, EndRead: t.endRead,
		Oldest: scanAge{scanMS(t.age.atLeast), scanMS(t.age.atMost)}, LeftMS: t.leftMS,
		Unread: t.unread, Unacked: t.unacked, Unsent: t.unsent,
	}
}

func scanMS(s diag.Since) *uint32 {
	if !s.Told {
		return nil
	}
	return &s.MS
}
