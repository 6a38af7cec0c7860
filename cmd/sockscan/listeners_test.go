package main

import (
	"strings"
	"testing"

	"sockproof/lib/live"
	"sockproof/lib/witness/tcpstate"
)

// holding finds each process as a holder of inodes.
func (m *made) holding(inodes map[int32][]uint64) {
	owners := m.owners
	m.owners = nil
	m.indexOwners(true, m.o.wantsOwner).search(func(_ func(uint64) bool, held func(uint64, int, live.Owner)) string {
		for i, o := range owners {
			for _, inode := range inodes[int32(i+1)] {
				held(inode, 3, o)
				held(inode, 4, o) // by two descriptors
			}
		}
		return "run as root"
	}, func(func(uint64) bool, func(uint64, int, live.Owner)) string { return "" })
}

// A listener that a server and its workers hold is one finding, of the server.
func TestListenerOfWorkers(t *testing.T) {
	m := makeLook()
	for pid := 7; pid < 10; pid++ {
		m.process(pid, "nginx")
	}
	m.listener("0.0.0.0:80", 0, func(v *listener) { v.waiting, v.stillWaiting, v.again, v.inode = 9, 9, true, 5 })
	m.holding(map[int32][]uint64{1: {5}, 2: {5}, 3: {5}})
	m.want(t, "accept-queue/full 9 nginx")
	f := m.report().Findings[0]
	if f.Program.PID != 7 || f.Holders != 3 || f.Listeners != 1 || f.Shared != 1 || !strings.Contains(f.Headline, "3 processes hold it") {
		t.Errorf("%+v", f)
	}
}

// What opens sockets for other programs is not the one that should accept.
func TestListenerOfAnother(t *testing.T) {
	m := makeLook()
	m.process(1, "systemd")
	m.process(9, "webapp")
	m.listener("0.0.0.0:80", 0, func(v *listener) { v.waiting, v.stillWaiting, v.again, v.inode = 9, 9, true, 5 })
	m.holding(map[int32][]uint64{1: {5}, 2: {5}})
	m.want(t, "accept-queue/full 9 webapp")
}

// A queue that is full in both looks, and whose connections are others, is one that the program accepts from.
func TestBusyQueue(t *testing.T) {
	m := makeLook()
	app := m.process(7, "app")
	m.listener("0.0.0.0:80", app, func(v *listener) { v.waiting, v.stillWaiting, v.again, v.accepts = 9, 9, true, true })
	m.socket(tcpstate.Established, 0, here+"80", there+port(0), closedHere)
	m.want(t, "accept-queue/busy 9 app")
}

// A filter takes what any holder has.
func TestFilterByAnyHolder(t *testing.T) {
	for name, f := range map[string]filter{"pid": {pid: 9}, "program": {program: "worker"}} {
		t.Run(name, func(t *testing.T) {
			m := makeLook()
			m.o.filter = f
			m.process(7, "server")
			m.process(9, "worker")
			m.process(11, "other")
			m.socket(tcpstate.CloseWait, 0, here+"80", there+port(0), func(s *socket) { s.inode = 5 })
			m.listener("0.0.0.0:80", 0, func(v *listener) { v.waiting, v.stillWaiting, v.again, v.inode = 9, 9, true, 6 })
			m.holding(map[int32][]uint64{1: {5, 6}, 2: {5, 6}, 3: {5, 6}})
			m.want(t, "accept-queue/full 9 worker", "close-wait/leaked 1 worker")
		})
	}
}

// Of several listeners at one address it is known whose queue a connection is in where only one has any.
func TestQueueOfSeveralListeners(t *testing.T) {
	for name, tt := range map[string]struct {
		first, second uint32 // waiting
		want          string
	}{
		"the second's":   {0, 3, "close-wait/never-accepted 1 hung"},
		"it is not told": {1, 3, "close-wait/never-accepted 1"},
	} {
		t.Run(name, func(t *testing.T) {
			m := makeLook()
			m.process(7, "fine")
			m.process(8, "hung")
			m.listener("0.0.0.0:80", 0, func(v *listener) { v.waiting, v.inode = tt.first, 5 })
			m.listener("0.0.0.0:80", 0, func(v *listener) { v.waiting, v.inode = tt.second, 6 })
			m.socket(tcpstate.CloseWait, 0, here+"80", there+port(0), closedHere)
			m.holding(map[int32][]uint64{1: {5}, 2: {6}})
			m.want(t, tt.want)
			if f := m.report().Findings[0]; f.Listeners != 2 || f.Program == nil && !strings.Contains(f.Headline, "one of several that listen there") {
				t.Errorf("%+v", f)
			}
		})
	}
}

// That nobody sees who does not accept is no "no program any more".
func TestNeverAcceptedNotVisible(t *testing.T) {
	m := makeLook()
	m.listener("0.0.0.0:80", 0, func(v *listener) { v.waiting, v.inode = 1, 5 })
	m.socket(tcpstate.CloseWait, 0, here+"80", there+port(0), closedHere)
	m.holding(nil)
	r := m.report()
	if m.notVisible != 1 || !strings.Contains(r.Findings[0].Headline, "by a program that is not visible") {
		t.Errorf("%d not visible: %s", m.notVisible, r.Findings[0].Headline)
	}
}

// Few half-open connections are too many for a short backlog. Where the program does not accept, it is its queue that does not let them end.
func TestHandshakesOfAShortBacklog(t *testing.T) {
	for name, tt := range map[string]struct {
		limit, waiting    uint32
		requests, retried int
		want              []string
	}{
		"full":                 {3, 0, 4, 4, []string{"syn-queue/half-open 4 app"}},
		"room for one":         {3, 0, 3, 3, nil},
		"on their way":         {3, 0, 4, 1, nil},
		"one, lost":            {0, 0, 1, 1, nil},
		"accept queue is full": {3, 4, 4, 4, []string{"accept-queue/full 4 app"}},
		"and many":             {3, 4, 20, 20, []string{"accept-queue/full 4 app"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := makeLook()
			m.listener("0.0.0.0:80", m.process(7, "app"), func(v *listener) {
				v.limit, v.waiting, v.stillWaiting, v.again = tt.limit, tt.waiting, tt.waiting, true
				v.requests, v.requestsRetried = tt.requests, tt.retried
			})
			m.want(t, tt.want...)
		})
	}
}
