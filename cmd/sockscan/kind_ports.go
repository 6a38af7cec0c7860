package main

import (
	"bytes"
	"cmp"
	"slices"

	"sockproof/lib/portrange"
)

var portsKind = kind{name: "ports", find: findPorts, causes: []*cause{&portsUsed}}

var portsUsed = cause{
	name: "used-up", head: "ports to {service}: {free} of {usable} free",
	means: "each connection from {source} to there needs a port of ip_local_port_range, and waits in TIME_WAIT with it for a minute after it has closed first; what a socket's own IP_LOCAL_PORT_RANGE leaves it is not visible",
	whose: []string{thisProgram, theSettings}, scenario: "halfclose late-closer",
	next: "keep connections open (a pool, keep-alive) or let the server close first; meanwhile: {cure}",
}

// portNumbers are the ports from one address to one destination.
type portNumbers struct {
	Source    string  `json:"source"`
	Usable    int     `json:"usable"` // of ip_local_port_range, without reserved ones and those of other sockets
	Free      int     `json:"free_at_most"`
	Used      int     `json:"used"` // by connections that are open
	TimeWait  int     `json:"time_wait"`
	Reusable  int     `json:"time_wait_reusable"`
	SoonestMS millis  `json:"soonest_ms,omitempty"` // until the first in TIME_WAIT is free again
	Ratio     float64 `json:"used_ratio"`
	Cure      string  `json:"cure"`
}

// destination is what ports are needed for: connections from an address to a service.
type destination struct {
	from [16]byte
	to   endpoint
}

// portUse is how many ports a destination takes.
type portUse struct {
	open, timeWait, reusable int
	soonest                  millis // until the first that is not reusable ends
}

// destinations are counted as sockets are read, without being kept one by one.
type destinations struct {
	by     map[destination]*portUse
	folded bool // some with few connections were left out
}

// maxDestinations bounds them. Where there are more, the smaller half is left out: what takes most of
// the ports is not among them.
const maxDestinations = 1 << 13

// of is the use of a destination.
func (d *destinations) of(to destination) *portUse {
	if u := d.by[to]; u != nil {
		return u
	}
	if d.by == nil {
		d.by = map[destination]*portUse{}
	}
	if len(d.by) >= maxDestinations {
		d.fold()
	}
	u := &portUse{soonest: untold}
	d.by[to] = u
	return u
}

func (d *destinations) fold() {
	d.folded = true
	sizes := make([]int, 0, len(d.by))
	for _, u := range d.by {
		sizes = append(sizes, u.open+u.timeWait)
	}
	slices.Sort(sizes)
	median := sizes[len(sizes)/2]
	for to, u := range d.by {
		if u.open+u.timeWait <= median {
			delete(d.by, to)
		}
	}
}

// usesPort counts a socket's port, if the kernel may have chosen it: that is for where it leads.
func (v *space) usesPort(s *socket, isTimeWait bool) {
	if !v.mayChoose(s.local.port) || v.listens(s.local.port) {
		return
	}
	to := destination{s.local.ip, s.remote}
	u := v.destinations.of(to)
	if !isTimeWait {
		u.open++
		v.inUse.add(s.local.port)
		return
	}
	u.timeWait++
	wait := s.timerLeft
	if v.reuses(to) {
		passed := timeWaitMS - min(s.timerLeft, timeWaitMS)
		if passed >= v.settings.twReuseDelay {
			u.reusable++
			return
		}
		wait = v.settings.twReuseDelay - passed
	}
	u.soonest = min(u.soonest, wait)
}

// mayChoose says whether the kernel chooses a port for a client.
func (v *space) mayChoose(port uint16) bool {
	r := v.settings.ports
	return r.Contains(port) && !r.CutOff(port) && !v.settings.reserved.Contains(port)
}

// reuses says whether connect() takes a port from TIME_WAIT, which needs timestamps (tcp_tw_reuse in
// Documentation/networking/ip-sysctl.rst).
func (v *space) reuses(to destination) bool {
	loopback := to.to.addr().IsLoopback()
	return v.settings.timestamps != 0 && (v.settings.twReuse == 1 || v.settings.twReuse == 2 && loopback)
}

// usable is how many ports connect() may choose from at all: not those of listeners, nor of sockets that are
// bound without a connection.
func (v *space) usable() (n int) {
	taken := v.listening
	for _, p := range v.bound {
		taken.add(p)
	}
	for p := int(v.settings.ports.Low); p <= int(v.settings.ports.High); p++ {
		if v.mayChoose(uint16(p)) && !taken.has(uint16(p)) {
			n++
		}
	}
	return n
}

func findPorts(l *look, o *options) (all []finding) {
	for n := range l.spaces {
		space := &l.spaces[n]
		if len(space.destinations.by) == 0 || space.settings.ports == (portrange.Range{}) {
			continue
		}
		usable := space.usable()
		for to, u := range space.destinations.by {
			p := u.numbers(space, to, usable)
			if p.Ratio*100 < float64(o.portsAt) || !o.wantsPorts(to) {
				continue
			}
			all = append(all, finding{
				cause: &portsUsed, space: uint16(n), place: place{service: to.to}, ports: p, source: to.from,
				sockets: u.open + u.timeWait - u.reusable, oldest: age{untold, untold},
			})
		}
	}
	slices.SortFunc(all, func(a, b finding) int {
		return cmp.Or(cmp.Compare(b.ports.Ratio, a.ports.Ratio), a.place.service.compare(b.place.service), bytes.Compare(a.source[:], b.source[:]))
	})
	return all
}

// numbers are those of one destination.
func (u *portUse) numbers(v *space, to destination, usable int) *portNumbers {
	taken := u.open + u.timeWait - u.reusable
	p := &portNumbers{
		Usable: usable, Free: max(usable-taken, 0), Used: u.open, TimeWait: u.timeWait, Reusable: u.reusable,
	}
	if u.soonest != untold {
		p.SoonestMS = u.soonest
	}
	p.Ratio = 1
	if usable > 0 {
		p.Ratio = min(float64(taken)/float64(usable), 1)
	}
	p.Cure = "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\""
	if mostly := u.timeWait-u.reusable > u.open; mostly && v.settings.timestamps != 0 && !v.reuses(to) {
		p.Cure = "sysctl -w net.ipv4.tcp_tw_reuse=1"
	}
	return p
}
