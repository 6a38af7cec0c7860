package report

import (
	"net/netip"
	"slices"

	"sockproof/lib/journal"
)

// peer is what a host is called of which nothing is known but packets.
const peer = "peer"

// routes tells from which host to which a packet went.
type routes struct {
	hosts []string // in order of name
	ends  map[journal.Address]string
	ips   map[netip.Addr]string // "" where several hosts share it
}

func newRoutes(r *Run) *routes {
	t := &routes{ends: map[journal.Address]string{}, ips: map[netip.Addr]string{}}
	for i := range r.Sockets {
		s := &r.Sockets[i]
		t.host(s.Host)
		t.learn(s.Local, s.Host)
	}
	for i := range r.Events {
		e := &r.Events[i]
		t.host(e.Host)
		if p := e.Packet; p != nil && p.Bulk == nil && e.Host != "" {
			switch p.At {
			case journal.AtSent:
				t.learn(p.Src, e.Host)
			case journal.AtDelivered:
				t.learn(p.Dst, e.Host)
			}
		}
	}
	slices.Sort(t.hosts)
	for i := range r.Events {
		if e := &r.Events[i]; e.Packet != nil && e.Packet.Proto == "" {
			if from, to := t.route(e); from == peer || to == peer {
				t.host(peer)
			}
		}
	}
	return t
}

func (t *routes) host(name string) {
	if name != "" && !slices.Contains(t.hosts, name) {
		t.hosts = append(t.hosts, name)
	}
}

func (t *routes) learn(end journal.Address, host string) {
	if end == "" || host == "" {
		return
	}
	if _, ok := t.ends[end]; !ok {
		t.ends[end] = host
	}
	ip := end.IP()
	if known, ok := t.ips[ip]; ok && known != host {
		host = ""
	}
	t.ips[ip] = host
}

// route returns the hosts a packet left and entered. The host that an event
// names is certain; the rest is looked up by address and port, then by address.
func (t *routes) route(e *journal.Event) (from, to string) {
	p := e.Packet
	from, to = t.find(p.Src), t.find(p.Dst)
	if e.Host != "" && p.Bulk == nil { // of many packets, the host may be either
		switch p.At {
		case journal.AtSent:
			from = e.Host
		case journal.AtDelivered, journal.AtInjected:
			to = e.Host
		}
	}
	sameStack := p.Src.IP() == p.Dst.IP()
	switch {
	case from == "" && to == "":
		from = e.Host
		if from == "" && len(t.hosts) > 0 {
			from = t.hosts[0]
		}
		to = t.other(from, sameStack)
	case from == "":
		from = t.other(to, sameStack)
	case to == "":
		to = t.other(from, sameStack)
	}
	return from, to
}

func (t *routes) find(end journal.Address) string {
	if h := t.ends[end]; h != "" {
		return h
	}
	return t.ips[end.IP()]
}

// other is the host that a packet from or to this one must have come from or
// gone to, though no socket of it is known there.
func (t *routes) other(host string, sameStack bool) string {
	for _, h := range t.hosts {
		if h != host {
			return h
		}
	}
	if sameStack && host != "" {
		return host
	}
	return peer
}
