package main

import (
	"cmp"
	"slices"

	"sockproof/lib/witness/tcpstate"
)

var acceptQueue = kind{name: "accept-queue", judge: judgeNotAccepted, find: findFullQueues, causes: []*cause{&queueFull, &queueBusy, &queueDrops, &notAccepted}}

var queueFull = cause{
	name: "full", head: "listener {service} ({owner}): {waiting} waiting, room for {room} (listen {limit}); {drops} dropped by this listener",
	means: "the queue of connections that the program has not accepted is full, in two looks, and it accepted none of them between: further clients wait, and time out",
	whose: []string{thisProgram, theLoad}, scenario: "backlog accept-queue",
	next: "see why the program does not accept: a blocked main loop, descriptors used up (EMFILE), too few workers; a longer backlog helps against bursts alone",
}

var queueBusy = cause{
	name: "busy", head: "listener {service} ({owner}): {waiting} waiting, room for {room} (listen {limit}); {drops} dropped by this listener",
	means: "the queue of connections that the program has not accepted is full, in two looks, though it accepts: more clients come than it takes, and further ones wait",
	whose: []string{theLoad, thisProgram, theSettings}, scenario: "backlog accept-queue",
	next: "a longer backlog (and net.core.somaxconn) helps against bursts; against lasting load, more workers",
}

var notAccepted = cause{
	name: "not-accepted", head: "{n} not accepted by {who}: {peer} has been connected for at least {silence}",
	means: "the kernel has opened the connection, and the program has not called accept(): the queue is not full, and does not get shorter",
	whose: []string{thisProgram, theLoad}, scenario: "backlog accept-queue",
	next: "see why the program does not accept: a stopped process, a blocked main loop, descriptors used up (EMFILE), too few workers",
}

var queueDrops = cause{
	name: "drops", head: "listener {service} ({owner}): {dropping} dropped since the look before, {drops} in all; {waiting} waiting, room for {room} (listen {limit})",
	means: "the listener throws SYNs, or last ACKs of handshakes, away: its queue is full again and again",
	whose: []string{thisProgram, theLoad, theSettings}, scenario: "backlog accept-queue",
	next: "see whether the program accepts fast enough, and whether its backlog, or net.core.somaxconn, is short",
}

// queueNumbers are those of a listener's queue.
type queueNumbers struct {
	Waiting   uint32 `json:"waiting"`
	Limit     uint32 `json:"limit"` // the backlog; one more has room
	Drops     uint32 `json:"drops"` // by this listener, since it listens
	Dropping  uint32 `json:"dropping,omitempty"`
	Overflows int64  `json:"namespace_listen_overflows"`
}

// patience is for how long a connection may wait to be accepted before something is wrong.
const patience millis = 2000

// judgeNotAccepted finds connections that wait to be accepted. Those in a full queue are the queue's.
func judgeNotAccepted(l *look, i int, _ *options) *cause {
	s := l.socket(i)
	if s.state != tcpstate.Established || s.inode != 0 || s.received == untold || s.received < patience {
		return nil
	}
	if v := l.acceptor(s); v != nil && v.isFull() {
		return nil
	}
	return &notAccepted
}

// isFull says whether a listener's queue was full in both looks: one alone may be a burst.
func (v *listener) isFull() bool { return v.again && v.waiting > v.limit && v.stillWaiting > v.limit }

// isWorthAnotherLook says whether a listener's queue is full now.
func (v *listener) isWorthAnotherLook() bool { return v.waiting > v.limit }

// isInTrouble says whether something may be wrong with a listener.
func (v *listener) isInTrouble() bool {
	return v.isWorthAnotherLook() || v.again && v.nowDrops > v.drops || v.isHalfOpen()
}

func findFullQueues(l *look, o *options) (all []finding) {
	for n := range l.spaces {
		space := &l.spaces[n]
		for i := range space.listeners {
			v := &space.listeners[i]
			c := &queueDrops
			switch {
			case v.isFull() && v.accepts:
				c = &queueBusy
			case v.isFull():
				c = &queueFull
			case !v.again || v.nowDrops <= v.drops:
				continue
			}
			if !o.wantsListener(l, v) {
				continue
			}
			f := v.finding(l, c, uint16(n))
			f.sockets = int(v.stillWaiting)
			f.queue = &queueNumbers{
				Waiting: v.stillWaiting, Limit: v.limit, Drops: v.nowDrops, Dropping: v.nowDrops - v.drops,
				Overflows: space.counters["ListenOverflows"],
			}
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int { return cmp.Compare(b.sockets, a.sockets) })
	return all
}

// finding is one about a listener.
func (v *listener) finding(l *look, c *cause, space uint16) finding {
	f := finding{
		cause: c, space: space, place: place{in: true, service: v.at, iface: v.iface},
		owner: l.owner(v.owner), oldest: age{untold, untold},
	}
	f.holders, f.listeners = v.holders, l.spaces[space].listenersAt(v.at)
	if f.holders > 1 || f.listeners > 1 {
		f.shared = 1
	}
	if f.owner == nil {
		f.hidden = 1
	}
	return f
}

var synQueue = kind{name: "syn-queue", find: findHandshakes, causes: []*cause{&halfOpen}}

var halfOpen = cause{
	name: "half-open", head: "listener {service} ({owner}): {n} half open, {retried} with the SYN-ACK sent again, from {sources}",
	means: "handshakes have begun and do not end: SYN-ACKs are not answered",
	whose: []string{"a flood of SYNs", theNetwork}, scenario: "backlog flood",
	next: "many sources that send nothing else: a flood, keep net.ipv4.tcp_syncookies=1; few: the way back to them loses packets",
}

// handshakeNumbers are those of a listener's half-open connections, and the namespace's cookies.
type handshakeNumbers struct {
	HalfOpen      int    `json:"half_open"`
	Retried       int    `json:"syn_ack_retried"`
	Sources       int    `json:"sources"`
	Limit         uint32 `json:"limit"`
	CookiesSent   int64  `json:"namespace_cookies_sent"`
	CookiesGood   int64  `json:"namespace_cookies_received"`
	CookiesFailed int64  `json:"namespace_cookies_failed"`
}

// fewHandshakes are half open at any time.
const fewHandshakes = 8

// isHalfOpen says whether handshakes are begun at a listener and not ended by those who began them. Where the queue of connections to
// be accepted is full it is the listener that does not end them. Few are too many where the backlog has no room for more, and each had its
// SYN-ACK sent again; one alone is a loss.
func (v *listener) isHalfOpen() bool {
	full := uint64(v.requests) > uint64(v.limit)
	switch {
	case v.isWorthAnotherLook():
		return false
	case v.requests >= fewHandshakes:
		return full || v.requestsRetried*2 >= v.requests
	}
	return full && v.requests > 1 && v.requestsRetried == v.requests
}

func findHandshakes(l *look, o *options) (all []finding) {
	for n := range l.spaces {
		space := &l.spaces[n]
		for i := range space.listeners {
			v := &space.listeners[i]
			if !v.isHalfOpen() || !o.wantsListener(l, v) {
				continue
			}
			f := v.finding(l, &halfOpen, uint16(n))
			f.sockets = v.requests
			f.handshakes = &handshakeNumbers{
				HalfOpen: v.requests, Retried: v.requestsRetried, Sources: len(v.sources), Limit: v.limit,
				CookiesSent: space.counters["SyncookiesSent"], CookiesGood: space.counters["SyncookiesRecv"], CookiesFailed: space.counters["SyncookiesFailed"],
			}
			all = append(all, f)
		}
	}
	return all
}
