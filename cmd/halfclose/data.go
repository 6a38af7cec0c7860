package main

import (
	"fmt"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// resetsUnread judges what close does where received data has not been read.
func resetsUnread(j *journal.Journal) claim.Finding {
	for _, w := range of(ways(j), claim.Closed) {
		n := w.Unread(w.Who, w.By)
		if n <= 0 {
			continue
		}
		s := w.Sent(w.Who, w.By, nil)
		switch {
		case claim.WithFlag(s, "FIN") != nil:
			return claim.Refute(claim.Numbers(w.By, claim.WithFlag(s, "FIN")), "%s closed with %d bytes unread, and sent a FIN", w.Who, n)
		case claim.WithFlag(s, "RST") != nil:
			return claim.Confirm(claim.Numbers(w.By, claim.WithFlag(s, "RST")), "%s closed with %d bytes unread, and sent %s", w.Who, n, claim.FlagsOf(s))
		}
		return claim.Refuse(j, claim.Numbers(w.By), "%s closed with %d bytes unread, and sent no RST", w.Who, n)
	}
	return claim.Unclear("no socket was closed with data unread")
}

var hc10 = claim.Claim{
	ID: "HC10", Statement: "close() with unread data in the receive buffer sends RST, not FIN",
	Source: article004 + "; " + rfc9293 + " §3.6.1", Quantity: claim.Always,
	Precondition: "data has arrived and has not been read",
	Needs:        needsPackets, Check: resetsUnread,
}

// delivery is what became of data that was unsent when a connection was ended.
type delivery struct {
	way
	given, got int64
	gone       *journal.Event // the sender's end was given up before the peer read
	first      *journal.Event // the peer's first read after the ending
	end        *journal.Event // the peer's read that returned the end, or failed
}

// deliveries lists the connections ended with data unsent.
func deliveries(j *journal.Journal) []delivery {
	var all []delivery
	for _, w := range ways(j) {
		d := delivery{way: w}
		before := w.Calls(w.Who, nil, claim.Sending...)
		d.given = claim.Moved(before)
		reads := w.reads(w.Other(), nil)
		d.got, d.first = claim.Moved(reads), claim.Nth(reads, 0)
		for _, r := range reads {
			if claim.IsEnd(r) || r.Call.Errno != "" && r.Call.Errno != "EAGAIN" {
				d.end = r
			}
		}
		if d.given == 0 || d.unsent() <= 0 || d.first == nil {
			continue
		}
		for _, e := range claim.States(w.Journal, w.Who, journal.SockDiag) {
			if e.State.To == journal.Gone && e.N < d.first.N {
				d.gone = e
			}
		}
		all = append(all, d)
	}
	return all
}

// said tells a delivery in a few words.
func (d *delivery) said() string {
	if !d.HasPackets() {
		return fmt.Sprintf("%s, which read %s later", d.Other(), seconds(d.first.T-d.By.T))
	}
	return fmt.Sprintf("%s, for which %d of %d were unsent, and which read %s later", d.Other(), d.unsent(), d.given, seconds(d.first.T-d.By.T))
}

// unsent is how many bytes the kernel had taken, and not sent, at the ending.
func (d *delivery) unsent() int64 {
	n := d.given
	for _, s := range d.Sent(d.Who, nil, d.By) {
		n -= int64(s.Packet.Len)
	}
	return n
}

// toReaders judges the deliveries to peers that read, soon or late.
func toReaders(name string) func(*journal.Journal) claim.Finding {
	return func(j *journal.Journal) claim.Finding {
		var (
			cited []*journal.Event
			told  []string
		)
		for _, d := range deliveries(j) {
			if d.Name() != name || d.gone != nil || d.end == nil { // a peer that did not read on
				continue
			}
			fin := claim.WithFlag(d.Sent(d.Who, d.By, nil), "FIN")
			switch {
			case d.got != d.given && d.forsaken(d.end) != nil:
				return claim.Unclear("of %d bytes %s got %d: the kernel had given %s up, for what it sent again was not acknowledged in time", d.given, d.Other(), d.got, d.Who)
			case d.got != d.given && !d.Attached(journal.SockDiag):
				return claim.Unclear("of %d bytes %s got %d; whether the kernel had given them up by then is not known without sock_diag", d.given, d.Other(), d.got)
			case d.got != d.given:
				return claim.Refuse(j, claim.Numbers(d.By, d.end), "of %d bytes %s got %d, then %s", d.given, d.Other(), d.got, claim.Returned(d.end))
			case !claim.IsEnd(d.end) || fin == nil && d.HasPackets():
				return claim.Refuse(j, claim.Numbers(d.By, fin, d.end), "%s got all %d bytes, but no FIN: %s", d.Other(), d.given, claim.Returned(d.end))
			}
			cited = append(cited, d.By, fin, d.end)
			told = append(told, d.said())
		}
		if len(cited) == 0 {
			return claim.Unclear("no %s with data unsent was seen, with a peer that read on", name)
		}
		return claim.Confirm(claim.Numbers(cited...), "after %s these peers got every byte, then the end: %s", name, strings.Join(told, "; "))
	}
}

var hc11 = claim.Claim{
	ID: "HC11", Statement: "close() with unsent data sends it all, then the FIN (to a peer that reads)",
	Source: article000 + "; " + article004, Quantity: claim.Always,
	Precondition: "the kernel has taken data that it has not sent, and the peer reads on",
	Needs:        needsStates, Check: toReaders(claim.Closed),
}

var hc15 = claim.Claim{
	ID: "HC15", Statement: "shutdown(SHUT_WR) with unsent data delivers it, then the FIN",
	Source: article004, Quantity: claim.Always,
	Precondition: "the kernel has taken data that it has not sent, and the peer reads on",
	Needs:        needsStates, Check: toReaders(claim.ShutWrite),
}

var hc27 = claim.Claim{
	ID: "HC27", Statement: "close() delivers unsent data even if the peer has stopped reading",
	Source: article000 + ", by omission", Quantity: claim.Always,
	Precondition: "the peer does not read until the kernel has given the connection up (tcp_orphan_retries)",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, d := range deliveries(j) {
			if d.Name() != claim.Closed || d.gone == nil || d.end == nil {
				continue
			}
			if d.got == d.given {
				return claim.Confirm(claim.Numbers(d.By, d.gone, d.end), "%s got all %d bytes although the sender's end was gone", d.Other(), d.given)
			}
			retries, set := settingOf(j, "net.ipv4.tcp_orphan_retries")
			longest, bound := settingOf(j, "net.ipv4.tcp_rto_max_ms")
			said := ""
			if set != nil && bound != nil {
				said = fmt.Sprintf(" (tcp_orphan_retries %d, tcp_rto_max_ms %d; without, after minutes)", retries, longest)
			}
			return claim.Refute(claim.Numbers(set, bound, d.By, d.gone, d.end), "%d of %d bytes were lost: %s was an orphan, and the kernel gave it up after %s%s; then %s read %d bytes, and %s",
				d.given-d.got, d.given, d.Who, seconds(d.gone.T-d.By.T), said, d.Other(), d.got, claim.Returned(d.end))
		}
		return claim.Unclear("no orphan with data unsent was given up in this run")
	},
}
