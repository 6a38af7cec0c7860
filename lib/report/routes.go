package report

import (
	"slices"
	"strings"

	"sockproof/lib/journal"
)

// peer is what a host is called of which nothing is known but packets.
const peer = "peer"

// routes tells from which host to which a packet went.
type routes struct {
	hosts []string          // in order of name
	ends  map[string]string // "192.0.2.1:8080" → "a"
	ips   map[string]string // "192.0.2.1" → "a"; "" where several hosts share it
}

func newRoutes(r *Run) *routes {
	t := &routes{ends: map[string]string{}, ips: map[string]string{}}
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

func (t *routes) learn(end, host string) {
	if end == "" || host == "" {
		return
	}
	if _, ok := t.ends[end]; !ok {
		t.ends[end] = host
	}
	ip := ipOf(end)
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
	sameStack := ipOf(p.Src) == ipOf(p.Dst)
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

func (t *routes) find(end string) string {
	if h := t.ends[end]; h != "" {
		return h
	}
	return t.ips[ipOf(end)]
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

// ipOf returns the address of "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1".
func ipOf(end string) string {
	if strings.HasPrefix(end, "[") {
		ip, _, _ := strings.Cut(end[1:], "]")
		return ip
	}
	if i := strings.IndexByte(end, ':'); i >= 0 && i == strings.LastIndexByte(end, ':') {
		return end[:i]
	}
	return end
}

// portOf returns ":80" of an address and port.
func portOf(end string) string {
	if i := strings.LastIndexByte(end, ':'); i >= 0 && i > strings.LastIndexByte(end, ']') {
		return end[i:]
	}
	return end
}
