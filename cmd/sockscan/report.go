package main

import (
	"time"

	"sockproof/lib/live"
	"sockproof/lib/witness/tcpstate"
)

// scanSchema names the JSON document; docs/schema/scan.json describes it.
const scanSchema = "sockproof/scan/v1"

// scanReport is what a look found, as it is shown.
type scanReport struct {
	Schema   string        `json:"schema"`
	Round    int           `json:"round,omitempty"` // of --every, from 1
	At       time.Time     `json:"at"`
	TookNS   int64         `json:"took_ns"`
	Where    []scanWhere   `json:"where"`
	Asked    string        `json:"asked,omitempty"` // the flags that narrow what is told
	Sockets  int           `json:"sockets"`         // TCP sockets looked at
	Stuck    int           `json:"stuck"`           // those in findings: what --fail-over limits
	Findings []scanFinding `json:"findings"`
	// NotJudged are sockets of which nothing can be said yet.
	NotJudged []scanQuiet `json:"not_judged,omitempty"`
	Unseen    []unseen    `json:"unseen,omitempty"` // what was not looked at
	Notes     []string    `json:"notes,omitempty"`
	Changes   []scanMoved `json:"changes,omitempty"` // since the round before
	// Listeners are for openmetrics alone.
	listeners []scanListener
	ratios    []scanRatio
}

// scanWhere is a network namespace that was looked into.
type scanWhere struct {
	Namespace string `json:"namespace"`
	Sockets   int    `json:"sockets"`
	TimeWait  int    `json:"time_wait"`
}

// scanFinding is one finding.
type scanFinding struct {
	Kind      string      `json:"kind"`
	Cause     string      `json:"cause"`
	Headline  string      `json:"headline"`
	Means     string      `json:"means"`
	Whose     []string    `json:"whose_fault"`
	Next      string      `json:"next_step"`
	Scenario  string      `json:"scenario,omitempty"`
	Namespace string      `json:"namespace,omitempty"` // where several were looked into
	Sockets   int         `json:"sockets"`
	Program   *live.Owner `json:"program,omitempty"`
	Hidden    int         `json:"owners_not_visible,omitempty"`
	Shared    int         `json:"shared,omitempty"`
	Holders   int         `json:"holders,omitempty"`   // processes that hold the listener
	Listeners int         `json:"listeners,omitempty"` // at its address
	Cgroup    string      `json:"cgroup,omitempty"`    // of sockets without a program
	scanPlace
	PeerProgram *live.Owner `json:"peer_program,omitempty"`
	WaitsFor    string      `json:"waits_for,omitempty"`
	WaitsOwner  *live.Owner `json:"waits_for_program,omitempty"`
	Since       *scanAge    `json:"since,omitempty"` // of the oldest
	GivesUp     *scanAge    `json:"gives_up_in,omitempty"`
	LeftMS      millis      `json:"left_ms,omitempty"`
	Unread      uint64      `json:"unread_bytes,omitempty"`
	Unacked     uint64      `json:"unacked_bytes,omitempty"`
	MPTCP       int         `json:"mptcp,omitempty"`
	EndRead     int         `json:"end_read,omitempty"`

	Queue       *queueNumbers      `json:"queue,omitempty"`
	Handshakes  *handshakeNumbers  `json:"handshakes,omitempty"`
	Ports       *portNumbers       `json:"ports,omitempty"`
	Descriptors *descriptorNumbers `json:"descriptors,omitempty"`
	Amount      *amountNumbers     `json:"amount,omitempty"`

	Members []scanMember `json:"members,omitempty"` // with --sockets
}

// scanPlace is with whom.
type scanPlace struct {
	Direction string `json:"direction,omitempty"` // "in": the service is here; "out": it is there
	Service   string `json:"service,omitempty"`
	Peer      string `json:"peer,omitempty"` // whom a connection came from; empty: various
}

// scanAge is between which bounds a time lies; absent: the kernel does not tell.
type scanAge struct {
	AtLeastMS *millis `json:"at_least_ms,omitempty"`
	AtMostMS  *millis `json:"at_most_ms,omitempty"`
}

// scanMember is one socket.
type scanMember struct {
	State  string      `json:"state"`
	Local  string      `json:"local"`
	Remote string      `json:"remote"`
	Owner  *live.Owner `json:"program,omitempty"`
	FD     int32       `json:"fd,omitempty"`
	Inode  uint32      `json:"inode,omitempty"`
	RxQ    uint32      `json:"recv_q"`
	TxQ    uint32      `json:"send_q"`
}

// scanQuiet is sockets that are not judged.
type scanQuiet struct {
	Sockets int    `json:"sockets"`
	Why     string `json:"why"`
}

// scanListener is a listener, for openmetrics.
type scanListener struct {
	at, program, netns    string
	waiting, limit, drops uint32
}

// report makes a report of a look.
func (l *look) report(o *options) *scanReport {
	o.relays, o.mayRelay = l.pairRelays()
	o.relayed = map[int]bool{}
	for _, r := range o.relays {
		o.relayed[r.with] = true
	}
	found := l.judge(o)
	l.name(found)
	if o.redact {
		l.mask(found)
	}
	r := &scanReport{
		Schema: scanSchema, At: l.at, TookNS: l.took.Nanoseconds(), Sockets: l.seen(), Stuck: found.stuck(),
		Asked: o.asked, Findings: []scanFinding{}, Unseen: l.unseen, Notes: l.notes(found),
	}
	for i := range l.spaces {
		v := &l.spaces[i]
		r.Where = append(r.Where, scanWhere{v.title(), v.seen, v.timeWait})
	}
	for i := range found.all {
		r.Findings = append(r.Findings, l.reportFinding(&found.all[i], o))
	}
	for _, k := range kinds() {
		for _, c := range k.causes {
			if n := found.quiet[c]; n > 0 {
				r.NotJudged = append(r.NotJudged, scanQuiet{n, c.means})
				delete(found.quiet, c)
			}
		}
	}
	r.measure(l)
	return r
}

// name fills in what a finding is called by that was only a number.
func (l *look) name(found *findings) {
	for i := range found.all {
		if p := found.all[i].ports; p != nil {
			p.Source = endpoint{ip: found.all[i].source}.addr().String()
		}
	}
}

// title names a namespace.
func (v *space) title() string {
	if v.name == "" {
		return "this network namespace"
	}
	return v.name
}

// reportFinding shows one finding.
func (l *look) reportFinding(f *finding, o *options) scanFinding {
	r := scanFinding{
		Kind: f.kind.name, Cause: f.cause.name, Headline: f.headline(l), Means: f.words(l).Replace(f.cause.means), Whose: f.cause.whose, Next: f.words(l).Replace(f.cause.next),
		Scenario: f.cause.scenario, Sockets: f.sockets, Program: f.owner, Hidden: f.hidden, Shared: f.shared, Holders: f.holders, Listeners: f.listeners, PeerProgram: f.other,
		WaitsOwner: f.waits, LeftMS: f.left, Unread: f.unread, Unacked: f.unacked, MPTCP: f.mptcp, EndRead: f.endRead,
		Queue: f.queue, Handshakes: f.handshakes, Ports: f.ports, Descriptors: f.descriptors, Amount: f.amount,
	}
	if len(l.spaces) > 1 && f.descriptors == nil && (f.amount == nil || f.amount.Scope == "namespace") {
		r.Namespace = l.spaces[f.space].title()
		r.Headline = r.Namespace + ": " + r.Headline
	}
	if f.place != (place{}) {
		r.scanPlace = f.place.report()
	}
	if f.waitsFor != (endpoint{}) {
		r.WaitsFor = scoped(f.waitsFor, f.place.iface).String()
	}
	if f.oldest != (age{untold, untold}) {
		r.Since = &scanAge{told(f.oldest.atLeast), told(f.oldest.atMost)}
	}
	if f.givesUp != (span{}) {
		r.GivesUp = &scanAge{told(f.givesUp.atLeast), told(f.givesUp.atMost)}
	}
	if f.cgroup != 0 {
		r.Cgroup = l.cgroups[f.cgroup]
	}
	if o.showAll {
		for _, i := range f.members {
			r.Members = append(r.Members, l.member(l.socket(int(i))))
		}
	}
	return r
}

func (p place) report() scanPlace {
	if p.in {
		return scanPlace{"in", p.serviceText(), p.peerText()}
	}
	return scanPlace{"out", p.serviceText(), ""}
}

func told(m millis) *millis {
	if m == untold {
		return nil
	}
	return &m
}

func (l *look) member(s *socket) scanMember {
	return scanMember{
		State: tcpstate.Name(s.state), Local: scoped(s.local, s.iface).String(), Remote: scoped(s.remote, s.iface).String(),
		Owner: l.owner(s.owner), FD: s.fd, Inode: s.inode, RxQ: s.rx, TxQ: s.tx,
	}
}
