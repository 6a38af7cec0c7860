package main

import "sockproof/lib/live"

// findOwners finds the processes that hold sockets and listeners.
func (l *look) findOwners(o *options) {
	all := o.format == formatMetrics || o.filter.pid != 0 || o.filter.program != ""
	l.indexOwners(all).search(live.Owners)
	if l.notVisible > 0 && (o.filter.pid != 0 || o.filter.program != "") {
		l.unseen = append(l.unseen, unseen{live.NotVisible(l.notVisible, l.whyNoOwner), kindNames()})
	}
}

// findDescriptors finds programs near their limits.
func (l *look) findDescriptors(o *options) {
	hidden, err := live.Descriptors(func(w live.Owner, open, limit int) {
		if open*100 >= limit*min(o.descriptorsAt, manyDescriptors) {
			d := descriptors{Owner: w, open: open, limit: limit, sockets: -1}
			if n, known := live.SocketDescriptors(w.PID); known {
				d.sockets = n
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
