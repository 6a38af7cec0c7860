package tcp

import (
	"fmt"

	"sockproof/lib/journal"
)

// opens holds the kernel's count of active openings against the SYNs that were seen leaving
// (R4): ActiveOpens moves once for each connect() that sends one (tcp_connect in
// net/ipv4/tcp_output.c). On the host network other programs' count, too.
func (c *confrontation) opens() {
	if c.host || c.folded || !c.countsAll() || !c.has(journal.Counters) {
		return
	}
	counted, readings := map[string]int64{}, map[string][]int{}
	for i := range c.Journal.Events {
		e := &c.Journal.Events[i]
		if e.Counter == nil {
			continue
		}
		host := c.StackOf(e.Host)
		readings[host] = append(readings[host], e.N)
		if e.Counter.Name == "ActiveOpens" {
			counted[host] += e.Counter.Delta
		}
	}
	for host, seen := range c.synsSent() {
		if n := counted[host]; len(readings[host]) > 0 && n != seen {
			d := newDiscrepancy(R4, nil, readings[host], fmt.Sprintf("%d connections were begun with a SYN that was seen leaving", seen), fmt.Sprintf("the kernel counted %d (ActiveOpens)", n))
			if host != "" {
				d.Hosts = []string{host}
			}
			c.found = append(c.found, d)
		}
	}
}

// StackOf names the stack of a host, as its counters do: off the wire there is one.
func (v *View) StackOf(host string) string {
	if v.wire {
		return host
	}
	return ""
}

// synsSent is how many connections were begun by a SYN, by the stack that sent it. That of a
// SYN-ACK sent instead, as a listener does, is none.
func (v *View) synsSent() map[string]int64 {
	at := journal.AtSent
	if !v.wire {
		at = journal.AtDelivered
	}
	sent, seen := map[string]int64{}, map[opening]bool{}
	for _, s := range v.segments {
		if s == nil || s.Packet.At != at || s.Packet.Copy {
			continue
		}
		host := v.StackOf(s.Host)
		sent[host] += 0
		o := opening{pair{s.Packet.Src, s.Packet.Dst}, s.Packet.Seq}
		if s.isOpening() && !seen[o] {
			seen[o] = true
			sent[host]++
		}
	}
	return sent
}
