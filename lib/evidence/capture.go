package evidence

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/pcapng"
	"sockproof/lib/report"
)

// capture renders wire.pcapng: every packet once, where it was seen first, which is where it
// left, or where the wire made it up or copied it. What became of it stands in its comment: were
// it there where it arrived too, a reader would take that for a retransmission. Each run and host
// is an interface.
func (b *Bundle) capture() ([]byte, error) {
	c := b.captureOf(IsFirst)
	return c.Encode()
}

// captureOf is the capture with those events that are packets of it.
func (b *Bundle) captureOf(is func(*journal.Packet) bool) *pcapng.Capture {
	t := b.Machine.Tool
	c := &pcapng.Capture{Section: pcapng.Section{
		Comment:     strings.Join(append([]string{"Each packet is here once, where it left; what became of it stands in its comment."}, b.notes()...), "\n"),
		Hardware:    b.Machine.Arch,
		OS:          b.Machine.Kernel,
		Application: strings.Join(strings.Fields(t.Name+" "+t.Version+" "+t.Commit), " "),
	}}
	for i := range b.Report.Runs {
		r := &b.Report.Runs[i]
		s := &seen{Capture: c, run: r, is: is, began: b.Machine.Started.UnixNano() + r.BeganNS, at: packetBytes(r)}
		s.add()
	}
	return c
}

// seen adds what was seen of one run to a capture.
type seen struct {
	*pcapng.Capture
	run   *report.Run
	is    func(*journal.Packet) bool
	began int64                       // nanoseconds since 1970
	at    func(*journal.Event) []byte // a packet's bytes
	on    map[string]int              // a host's interface
	fates map[int][]*journal.Event    // what became of the packet sent in an event
	index map[int]int                 // of an event in the run's, by its number
}

func (s *seen) add() {
	s.on, s.fates, s.index = map[string]int{}, map[int][]*journal.Event{}, map[int]int{}
	for i := range s.run.Events {
		e := &s.run.Events[i]
		s.index[e.N] = i
		if e.Host != "" || e.Packet != nil {
			s.on[e.Host] = 0
		}
		if p := e.Packet; p != nil && p.Of != 0 && !p.Copy && p.At != journal.AtInjected {
			s.fates[p.Of] = append(s.fates[p.Of], e)
		}
	}
	hosts := slices.Sorted(maps.Keys(s.on))
	for _, h := range hosts {
		s.on[h] = len(s.Interfaces)
		s.Interfaces = append(s.Interfaces, s.iface(h))
	}
	s.names()
	received := map[string]uint64{}
	for i := range s.run.Events {
		if p, ok := s.packet(i); ok {
			received[s.run.Events[i].Host]++
			s.Packets = append(s.Packets, p)
		}
	}
	s.statistics(hosts, received)
}

func (s *seen) iface(host string) pcapng.Interface {
	name, what := "lo", "the stack that the hosts share"
	if host != "" {
		name, what = host, "host "+host
	}
	return pcapng.Interface{
		Name:        fmt.Sprintf("run%d.%s", s.run.Run, name),
		Description: fmt.Sprintf("%s in run %d: %s, %s, %s", what, s.run.Run, s.run.Scenario, s.run.Network, s.run.Family),
	}
}

// names adds the addresses that are one host's alone.
func (s *seen) names() {
	hosts := map[netip.Addr]string{}
	var order []netip.Addr
	for _, socket := range s.run.Sockets {
		ip := socket.Local.IP()
		if !ip.IsValid() || ip.IsUnspecified() || ip.Zone() != "" {
			continue
		}
		known, ok := hosts[ip]
		switch {
		case !ok:
			order = append(order, ip)
			hosts[ip] = socket.Host
		case known != socket.Host:
			hosts[ip] = ""
		}
	}
	for _, a := range order {
		n := pcapng.Name{Addr: a, Name: hosts[a]}
		if n.Name != "" && !slices.Contains(s.Names, n) {
			s.Names = append(s.Names, n)
		}
	}
}

// IsFirst says whether an event is the first that was seen of a packet, or of a copy: what
// became of it then is told in its comment.
func IsFirst(p *journal.Packet) bool {
	switch {
	case p.Bulk != nil || p.At == journal.AtSent && p.Copy:
		return false
	case p.At == journal.AtSent, p.At == journal.AtInjected, p.Copy:
		return true
	}
	return p.Of == 0 // nothing else was seen of it
}

// isSeenAnywhere is IsFirst as builds had it in which a capture has a packet wherever it was
// seen, where it left and where it entered a host.
func isSeenAnywhere(p *journal.Packet) bool {
	return IsFirst(p) || p.Bulk == nil && p.At == journal.AtDelivered
}

// packetBytes returns a packet's bytes; what became of a packet that was sent has
// those of its sending. nil: they were not kept.
func packetBytes(r *report.Run) func(*journal.Event) []byte {
	sent := map[int][]byte{}
	for i := range r.Events {
		if p := r.Events[i].Packet; p != nil && len(p.Bytes) > 0 {
			sent[r.Events[i].N] = p.Bytes
		}
	}
	return func(e *journal.Event) []byte {
		if len(e.Packet.Bytes) > 0 {
			return e.Packet.Bytes
		}
		return sent[e.Packet.Of]
	}
}

// packet is the i-th event as a packet of the capture, if it is one.
func (s *seen) packet(i int) (pcapng.Packet, bool) {
	e := &s.run.Events[i]
	if e.Packet == nil || !s.is(e.Packet) {
		return pcapng.Packet{}, false
	}
	data := s.at(e)
	if data == nil {
		return pcapng.Packet{}, false
	}
	p := pcapng.Packet{
		Interface: s.on[e.Host], T: uint64(s.began + e.T), Data: data,
		Direction: pcapng.Inbound, Comment: pcapng.Cut(s.comment(i)),
	}
	if e.Packet.At != journal.AtDelivered && e.Packet.At != journal.AtInjected {
		p.Direction = pcapng.Outbound
	}
	return p, true
}

// comment says which event a packet is, what became of it or where it comes from,
// and which states followed it.
func (s *seen) comment(i int) string {
	e := &s.run.Events[i]
	p := e.Packet
	parts := []string{fmt.Sprintf("event %d: %s", e.N, p.At)}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case p.Copy:
		add("a copy, made by the wire, of event %d", p.Of)
	case p.At == journal.AtInjected && p.Of != 0:
		add("the wire had kept it since event %d", p.Of)
	case p.Of != 0:
		add("it left in event %d", p.Of)
	}
	if p.Reason != "" {
		add("%s", p.Reason)
	}
	if p.Payload != nil {
		add("its payload of %d bytes is not kept, SHA-256 %s", p.Payload.Len, p.Payload.SHA256)
	}
	if p.At == journal.AtSent {
		for _, f := range s.fates[e.N] {
			why := ""
			if f.Packet.Reason != "" {
				why = ", " + f.Packet.Reason
			}
			add("%s in event %d%s", f.Packet.At, f.N, why)
			for _, text := range s.states(s.index[f.N]) {
				add("%s", text)
			}
		}
	}
	for _, text := range s.states(i) {
		add("%s", text)
	}
	return strings.Join(parts, "; ")
}

// states are the changes that were seen after the i-th event, and before anything
// else was done or arrived.
func (s *seen) states(i int) []string {
	type change struct{ socket, from, to string }
	var (
		order []change
		by    = map[change][]string{}
	)
	for k := i + 1; k < len(s.run.Events); k++ {
		e := &s.run.Events[k]
		if e.Packet != nil || e.Call != nil {
			break
		}
		if e.State == nil {
			continue
		}
		c := change{e.Socket, e.State.From, e.State.To}
		if by[c] == nil {
			order = append(order, c)
		}
		by[c] = append(by[c], fmt.Sprintf("%s %d", e.State.Witness, e.N))
	}
	var texts []string
	for _, c := range order {
		from := ""
		if c.from != "" {
			from = c.from + " → "
		}
		texts = append(texts, fmt.Sprintf("%s %s%s (%s)", c.socket, from, c.to, strings.Join(by[c], ", ")))
	}
	return texts
}

// statistics says how many packets each interface saw, and what is not here.
func (s *seen) statistics(hosts []string, received map[string]uint64) {
	lost := 0
	for _, w := range s.run.Witnesses {
		if w.Name == journal.Packets {
			lost = w.Lost
		}
	}
	left := strings.Join(leftOutOf(s.run).texts(), "\n")
	for _, h := range hosts {
		s.Statistics = append(s.Statistics, pcapng.Statistics{
			Interface: s.on[h], T: uint64(s.began + s.run.ElapsedNS), Received: received[h], Dropped: uint64(lost), Comment: left,
		})
	}
}
