package main

import (
	"fmt"
	"slices"

	"sockproof/lib/live"
)

// notes are what a look says beside its findings.
func (l *look) notes(found *findings) (notes []string) {
	if l.notVisible > 0 {
		notes = append(notes, live.NotVisible(l.notVisible, l.whyNoOwner))
	}
	if n := l.connecting(); n > 0 {
		notes = append(notes, fmt.Sprintf("not judged: %s on the way to a connection (SYN_SENT)", plural("socket", n)))
	}
	if found.groups > 0 {
		notes = append(notes, fmt.Sprintf("more than %s groups: %s were grouped by program, and not by peer", scanCount(maxGroups), plural("socket", found.groups)))
	}
	switch o := l.others; {
	case o.withSockets == 1:
		notes = append(notes, "1 other network namespace has sockets too (--all-netns)")
	case o.withSockets > 1:
		notes = append(notes, scanCount(o.withSockets)+" other network namespaces have sockets too (--all-netns)")
	case o.unknown != 0:
		notes = append(notes, "whether other network namespaces have sockets too cannot be counted without privilege")
	}
	for i := range l.spaces {
		notes = append(notes, l.spaces[i].pastDrops(l)...)
		if note := l.spaces[i].pastCookies(); note != "" && !found.tellsCookies(uint16(i)) {
			notes = append(notes, note)
		}
	}
	return notes
}

// connecting is how many sockets wait for an answer to their SYN.
func (l *look) connecting() (n int) {
	for i := range l.spaces {
		n += l.spaces[i].connecting
	}
	return n
}

// pastDrops tells of listeners that dropped something, though not now.
func (v *space) pastDrops(l *look) (notes []string) {
	for i := range v.listeners {
		q := &v.listeners[i]
		if q.nowDrops == 0 || q.isFull() || q.again && q.nowDrops > q.drops {
			continue
		}
		who := "a program that is not visible"
		if o := l.owner(q.owner); o != nil {
			who = processWords(o)
		}
		notes = append(notes, fmt.Sprintf("listener %s (%s) has dropped %s since it listens; none now", scoped(q.at, q.iface), who, scanCount(int(q.nowDrops))))
	}
	return notes
}

// pastCookies tells that cookies were sent: connections that they stand for are nowhere listed.
func (v *space) pastCookies() string {
	sent := v.counters["SyncookiesSent"]
	if sent == 0 {
		return ""
	}
	return fmt.Sprintf("%s has sent %s since it began, %s came back, %s were wrong: a queue of handshakes was full, or tcp_syncookies is 2; whether it goes on is not told",
		v.title(), plural("SYN cookie", int(sent)), scanCount(int(v.counters["SyncookiesRecv"])), scanCount(int(v.counters["SyncookiesFailed"])))
}

// tellsCookies says whether a finding has a namespace's cookies.
func (r *findings) tellsCookies(space uint16) bool {
	return slices.ContainsFunc(r.all, func(f finding) bool { return f.space == space && f.handshakes != nil })
}
