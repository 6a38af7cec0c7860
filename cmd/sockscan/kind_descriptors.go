package main

import (
	"cmp"
	"slices"

	"sockproof/lib/live"
)

var descriptorsKind = kind{name: "descriptors", find: findDescriptors, causes: []*cause{&descriptorsUsed}}

var descriptorsUsed = cause{
	name: "used-up", head: "{who}: {open} of {limit} descriptors used",
	means: "at its limit (RLIMIT_NOFILE) accept(), socket() and open() fail with EMFILE",
	whose: []string{thisProgram, theSettings}, scenario: "halfclose leak",
	next: "see whether its sockets leak (close-wait); else raise the limit: LimitNOFILE= of a unit, --ulimit nofile of a container",
}

// descriptorNumbers are those of one process.
type descriptorNumbers struct {
	Open       int `json:"open"`
	Limit      int `json:"limit"`
	Sockets    int `json:"sockets"`                  // -1: not visible
	EmptyAfter int `json:"until_emfile_s,omitempty"` // at the rate since the round before
}

func findDescriptors(l *look, o *options) (all []finding) {
	for i := range l.descriptors {
		d := &l.descriptors[i]
		if !d.isNear(o) || !o.wantsProcess(&d.Owner) {
			continue
		}
		all = append(all, finding{
			cause: &descriptorsUsed, owner: &d.Owner, sockets: max(d.sockets, 1), oldest: age{untold, untold},
			descriptors: &descriptorNumbers{Open: d.open, Limit: d.limit, Sockets: d.sockets},
		})
	}
	slices.SortStableFunc(all, func(a, b finding) int {
		x, y := a.descriptors, b.descriptors
		return cmp.Or(cmp.Compare(y.Open*x.Limit, x.Open*y.Limit), cmp.Compare(a.owner.PID, b.owner.PID))
	})
	return all
}

// isNear says whether a process is near its limit.
func (d *descriptors) isNear(o *options) bool { return d.open*100 >= d.limit*o.descriptorsAt }

// manyDescriptors is from which share on it is told beside other findings, in percent.
const manyDescriptors = 50

// descriptorsOf are those of a program that has used many; nil: few, or not known.
func (l *look) descriptorsOf(o *live.Owner) *descriptors {
	if o == nil {
		return nil
	}
	i := slices.IndexFunc(l.descriptors, func(d descriptors) bool { return d.PID == o.PID })
	if i < 0 {
		return nil
	}
	return &l.descriptors[i]
}
