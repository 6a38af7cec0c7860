package main

import (
	"slices"

	"sockproof/lib/live"
)

// findOwners finds the processes that hold sockets and listeners.
func (l *look) findOwners(o *options) {
	all := o.format == formatMetrics || o.filter.pid != 0 || o.filter.program != ""
	l.indexOwners(all, o.wantsOwner).search(live.Owners, live.ThreadOwners)
	if l.notVisible > 0 && (o.filter.pid != 0 || o.filter.program != "") {
		l.unseen = append(l.unseen, unseen{live.NotVisible(l.notVisible, l.whyNoOwner), kindNames()})
	}
}

// isHere says whether a process is in a namespace that is looked into, or may be: that cannot be seen of every one.
func (s *scanner) isHere(pid int) bool {
	network := live.NetworkOf(pid)
	return network == "" || slices.ContainsFunc(s.places, func(p *opened) bool { return p.network == network })
}

// findDescriptors finds programs near their limits.
func (s *scanner) findDescriptors(l *look) {
	hidden, err := live.Descriptors(func(w live.Owner, open, limit int) {
		if open*100 >= limit*min(s.o.descriptorsAt, manyDescriptors) && s.isHere(w.PID) {
			d := descriptors{Owner: w, open: open, limit: limit, sockets: -1}
			if d.isNear(s.o) {
				d.sockets = live.SocketDescriptors(w.PID)
			}
			l.descriptors = append(l.descriptors, d)
		}
	})
	switch {
	case err != nil:
		l.unseen = append(l.unseen, unseen{"descriptors: " + err.Error(), []string{descriptorsKind.name}})
	case hidden:
		l.unseen = append(l.unseen, unseen{"the descriptors of processes that /proc hides; run as root", []string{descriptorsKind.name}})
	}
}

// nameCgroups names the cgroups of sockets that no process holds any more.
func (l *look) nameCgroups() {
	wanted := map[uint64]bool{}
	for i := range l.sockets.n {
		if s := l.socket(i); s.owner == 0 && s.cgroup != 0 && !s.is(isPeer) {
			wanted[s.cgroup] = true
		}
	}
	if len(wanted) > 0 {
		l.cgroups = live.Cgroups(wanted)
	}
}
