package main

import (
	"sockproof/lib/live"
)

// finding is a group of sockets that have the same fault, program and peer.
type finding struct {
	kind  *kind
	cause *cause
	space uint16

	sockets int // what --fail-over counts
	owner   *live.Owner
	shared  int // held by other processes too
	// holders and listeners are the processes that hold a listener, and how many listen at its address.
	holders, listeners int
	hidden             int // their owner was not found
	place              place
	other              *live.Owner // the program at the other end
	waits              *live.Owner // whom a relay waits for, at waitsFor
	// waitsFor is where a relay passed the FIN on to.
	waitsFor endpoint
	cgroup   uint64 // of sockets without an owner

	oldest  age
	left    millis // until the last ends by itself; 0: not told
	unread  uint64
	unacked uint64
	mptcp   int
	endRead int // those whose program has read the peer's FIN
	givesUp span

	queue       *queueNumbers
	handshakes  *handshakeNumbers
	ports       *portNumbers
	source      [16]byte // of the ports
	descriptors *descriptorNumbers
	amount      *amountNumbers

	members []int32 // numbers of sockets
}

// span is between which bounds a time lies; the zero span is none.
type span struct{ atLeast, atMost millis }

// kind is a way to have something wrong.
type kind struct {
	name string
	// asked: it is looked for only where --kind names it.
	asked bool
	// judge finds what is wrong with a socket; nil: nothing of this kind.
	judge func(l *look, i int, o *options) *cause
	// find finds what is not a matter of single sockets.
	find   func(l *look, o *options) []finding
	causes []*cause
}

// cause is what a kind can come from, in words.
type cause struct {
	name     string
	head     string   // the headline, with {n} connections, {who}, {peer}, {age}
	means    string   // in a sentence
	whose    []string // whose fault it can be
	next     string   // step
	scenario string   // a command that reproduces it
	// quiet: no finding, but something of which it cannot be said that nothing is wrong.
	quiet bool
}

// Whose fault something can be.
const (
	thisProgram = "this program"
	thePeer     = "the peer's program"
	theNetwork  = "the network"
	theBackend  = "the program that it waits for"
	theSettings = "this machine's settings"
	theLoad     = "more clients than the program is made for"
)

// kinds are all kinds, what needs a repair first. A socket is in one finding: of the first kind that has
// a cause for it.
func kinds() []*kind {
	return []*kind{
		&selfConnected, &acceptQueue, &closeWait, &portsKind, &descriptorsKind, &zeroWindow, &deadPeer, &closing,
		&finWait2, &orphan, &synQueue, &tcpMemory, &timeWaitBuckets, &conntrack, &idle,
	}
}

// findings are what is wrong, and what is not judged, in numbers of sockets.
type findings struct {
	all    []finding
	quiet  map[*cause]int
	groups int // that were too many to be told apart
}

// judge finds what is wrong.
func (l *look) judge(o *options) *findings {
	r := &findings{quiet: map[*cause]int{}}
	chosen := o.chosen()
	g := grouper{l: l, o: o}
	for i := range l.sockets.n {
		if l.socket(i).is(isPeer) || !o.wants(l, i) {
			continue
		}
		for _, k := range chosen {
			if k.judge == nil {
				continue
			}
			c := k.judge(l, i, o)
			if c == nil {
				continue
			}
			if c.quiet {
				r.quiet[c]++
			} else {
				g.add(k, c, i)
			}
			break
		}
	}
	r.groups = g.folded
	for _, k := range chosen {
		r.all = append(r.all, g.of(k)...)
		if k.find == nil {
			continue
		}
		for _, f := range k.find(l, o) {
			f.kind = k
			r.all = append(r.all, f)
		}
	}
	return r
}

// stuck is how many sockets are in findings.
func (r *findings) stuck() (n int) {
	for i := range r.all {
		n += r.all[i].sockets
	}
	return n
}
