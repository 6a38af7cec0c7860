package main

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
	"sockproof/lib/witness/tcpstate"
)

// made is a look that a test makes up: one namespace, processes, sockets.
type made struct {
	*look
	o *options
}

func makeLook() *made {
	return &made{
		look: &look{spaces: []space{{settings: tuning{
			ports: portrange.Range{Low: 32768, High: 60999}, twReuse: 2, twReuseDelay: 1000, timestamps: 1,
			finTimeout: 60_000, retries2: 15, rtoMax: 120_000, maxTimeWait: 1000, conntrackMax: 1000,
		}}}},
		o: &options{portsAt: 80, descriptorsAt: 80, idle: 7_200_000},
	}
}

// process adds one, and returns its number as an owner.
func (m *made) process(pid int, program string) int32 {
	m.owners = append(m.owners, live.Owner{PID: pid, Program: program})
	return int32(len(m.owners))
}

// socket adds one that has been as it is for a minute, changed as a test wants it.
func (m *made) socket(state uint8, owner int32, local, remote string, change ...func(*socket)) int {
	s := socket{
		state: state, owner: owner, local: endpointOf(netip.MustParseAddrPort(local)), remote: endpointOf(netip.MustParseAddrPort(remote)),
		sent: 60_500, received: 60_200, acked: 60_000, flags: isInfo,
	}
	if owner != 0 {
		s.inode = uint32(100 + m.sockets.n)
	}
	for _, c := range change {
		c(&s)
	}
	return m.sockets.add(s)
}

func (m *made) listener(at string, owner int32, change func(*listener)) {
	v := listener{at: endpointOf(netip.MustParseAddrPort(at)), owner: owner, inode: 9, limit: 8}
	change(&v)
	m.spaces[0].addListener(v)
}

// ago sets for how long nothing was sent, received and acknowledged.
func ago(sent, received, acked millis) func(*socket) {
	return func(s *socket) { s.sent, s.received, s.acked = sent, received, acked }
}

func closedHere(s *socket) { s.inode, s.owner = 0, 0 }

// report is what is said of the look.
func (m *made) report() *scanReport {
	m.index()
	return m.look.report(m.o)
}

// told lists findings and what is not judged: kind/cause, how many, whose.
func (m *made) told() (all []string) {
	r := m.report()
	for i := range r.Findings {
		f := &r.Findings[i]
		text := fmt.Sprintf("%s/%s %d", f.Kind, f.Cause, f.Sockets)
		if f.Program != nil {
			text += " " + f.Program.Program
		}
		if f.PeerProgram != nil {
			text += " with " + f.PeerProgram.Program
		}
		if f.WaitsOwner != nil {
			text += " waits for " + f.WaitsOwner.Program
		}
		all = append(all, text)
	}
	for _, q := range r.NotJudged {
		all = append(all, fmt.Sprintf("not judged %d", q.Sockets))
	}
	return all
}

// want compares what is told.
func (m *made) want(t *testing.T, want ...string) {
	t.Helper()
	if got := m.told(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

const here, there = "192.0.2.1:", "192.0.2.9:"

func TestNothingWrong(t *testing.T) {
	m := makeLook()
	m.spaces[0].seen = 318
	r := m.report()
	if len(r.Findings) != 0 || r.Stuck != 0 || r.Sockets != 318 {
		t.Errorf("%+v", r)
	}
}

// port is the i-th port of a client.
func port(i int) string { return fmt.Sprint(33000 + i) }

// single is one socket of a program's, and what is said of it.
type single struct {
	state  uint8
	change func(*socket)
	want   []string
}

// retrying is how a socket is that has sent something again and again.
func retrying(s *socket) {
	s.tx, s.timer, s.retransmits, s.rto, s.backoff = 5, timerRetransmit, 4, 3_200_000, 4
}

func eachSingle(t *testing.T, all map[string]single) {
	for name, tt := range all {
		t.Run(name, func(t *testing.T) {
			m := makeLook()
			m.socket(tt.state, m.process(7, "app"), here+port(0), there+"80", tt.change)
			m.want(t, tt.want...)
		})
	}
}

func TestKindsOfEndingSockets(t *testing.T) {
	eachSingle(t, map[string]single{
		"leaked":                        {tcpstate.CloseWait, func(*socket) {}, []string{"close-wait/leaked 1 app"}},
		"FIN unread":                    {tcpstate.CloseWait, func(s *socket) { s.rx = 6 }, []string{"close-wait/fin-unread 1 app"}},
		"closed a moment ago":           {tcpstate.CloseWait, ago(5000, 4000, 20), []string{"not judged 1"}},
		"data flows after the FIN":      {tcpstate.CloseWait, func(s *socket) { s.flags, s.sent = isInfo|hasSent, 300 }, []string{"not judged 1"}},
		"never sent anything":           {tcpstate.CloseWait, ago(3000, 2500, 2000), []string{"close-wait/leaked 1 app"}},
		"data on its way after the FIN": {tcpstate.CloseWait, func(s *socket) { s.tx = 100 }, []string{"not judged 1"}},
		"never accepted":                {tcpstate.CloseWait, closedHere, []string{"close-wait/never-accepted 1"}},
		"answer not acknowledged":       {tcpstate.CloseWait, retrying, []string{"dead-peer/unanswered 1 app"}},
		"answer not read":               {tcpstate.CloseWait, func(s *socket) { s.tx, s.timer = 9, timerPersist }, []string{"zero-window/peer-does-not-read 1 app"}},
		"peer open":                     {tcpstate.FinWait2, func(*socket) {}, []string{"fin-wait2/peer-open 1 app"}},
		"peer open, data comes":         {tcpstate.FinWait2, func(s *socket) { s.received = 50 }, []string{"not judged 1"}},
		"peer's data unread so far":     {tcpstate.FinWait2, func(s *socket) { s.rx, s.received = 6, 50 }, []string{"not judged 1"}},
		"probes unanswered after SHUT":  {tcpstate.FinWait2, func(s *socket) { s.timer, s.retransmits = timerKeepalive, 3 }, []string{"dead-peer/probes-unanswered 1 app"}},
		"peer's data unread":            {tcpstate.FinWait2, func(s *socket) { s.rx = 6 }, []string{"fin-wait2/unread 1 app"}},
		"orphan":                        {tcpstate.FinWait2, closedHere, []string{"orphan/orphan 1"}},
		"young orphan": {tcpstate.FinWait2, func(s *socket) {
			closedHere(s)
			s.timer, s.timerLeft = timerTimeWait, 59_900
		}, []string{"not judged 1"}},
		"FIN unanswered":        {tcpstate.FinWait1, retrying, []string{"closing/fin-unanswered 1 app"}},
		"last ACK missing":      {tcpstate.LastAck, func(s *socket) { closedHere(s); retrying(s) }, []string{"closing/last-ack 1"}},
		"closing":               {tcpstate.Closing, retrying, []string{"closing/closing 1 app"}},
		"FIN on its way":        {tcpstate.FinWait1, func(s *socket) { s.tx, s.timer = 1, timerRetransmit }, nil},
		"FIN behind what waits": {tcpstate.FinWait1, func(s *socket) { s.tx, s.timer = 99, timerPersist }, []string{"zero-window/peer-does-not-read 1 app"}},
	})
}

func TestKindsOfSocketsInUse(t *testing.T) {
	eachSingle(t, map[string]single{
		"dead peer":              {tcpstate.Established, retrying, []string{"dead-peer/unanswered 1 app"}},
		"one loss":               {tcpstate.Established, func(s *socket) { s.tx, s.timer, s.retransmits = 5, timerRetransmit, 1 }, nil},
		"probes unanswered":      {tcpstate.Established, func(s *socket) { s.timer, s.retransmits = timerKeepalive, 3 }, []string{"dead-peer/probes-unanswered 1 app"}},
		"window closed by peer":  {tcpstate.Established, func(s *socket) { s.tx, s.timer = 5, timerPersist }, []string{"zero-window/peer-does-not-read 1 app"}},
		"window probes in vain":  {tcpstate.Established, func(s *socket) { s.tx, s.timer, s.retransmits = 5, timerPersist, 2 }, []string{"dead-peer/window-unanswered 1 app"}},
		"so after the FIN":       {tcpstate.CloseWait, func(s *socket) { s.tx, s.timer, s.retransmits = 5, timerPersist, 2 }, []string{"dead-peer/window-unanswered 1 app"}},
		"closed a moment":        {tcpstate.Established, func(s *socket) { s.tx, s.timer, s.sent = 5, timerPersist, 300 }, []string{"not judged 1"}},
		"a slow reader":          {tcpstate.Established, func(s *socket) { s.tx, s.timer, s.sent = 5, timerPersist, 2900 }, []string{"not judged 1"}},
		"closed by us a moment":  {tcpstate.Established, func(s *socket) { s.rx, s.flags, s.received = 5, isInfo|isClosed, 2900 }, []string{"not judged 1"}},
		"nothing leaves here":    {tcpstate.Established, func(s *socket) { s.tx, s.timer, s.retransmits, s.flags = 5, timerPersist, 2, isInfo|hasRoom }, []string{"dead-peer/cannot-send 1 app"}},
		"window closed by us":    {tcpstate.Established, func(s *socket) { s.rx, s.flags = 5, isInfo|isClosed }, []string{"zero-window/does-not-read 1 app"}},
		"window still open":      {tcpstate.Established, func(s *socket) { s.rx = 5000 }, []string{"not judged 1"}},
		"a byte unread":          {tcpstate.Established, func(s *socket) { s.rx = 1 }, []string{"not judged 1"}},
		"data came just now":     {tcpstate.Established, func(s *socket) { s.rx, s.received = 5000, 300 }, nil},
		"not accepted":           {tcpstate.Established, closedHere, []string{"accept-queue/not-accepted 1"}},
		"to be accepted":         {tcpstate.Established, func(s *socket) { closedHere(s); s.received = 300 }, nil},
		"SYNs unanswered":        {tcpstate.SynSent, func(s *socket) { s.timer, s.retransmits = timerRetransmit, 2 }, []string{"dead-peer/syn-unanswered 1 app"}},
		"silent, and not asked":  {tcpstate.Established, ago(9_000_000, 9_000_000, 9_000_000), nil},
		"in use":                 {tcpstate.Established, func(*socket) {}, nil},
		"MPTCP, queue is memory": {tcpstate.CloseWait, func(s *socket) { s.rx, s.flags = 834, isMPTCP }, []string{"close-wait/leaked 1 app"}},
	})
}

func TestIdleIsAskedFor(t *testing.T) {
	m := makeLook()
	app := m.process(7, "app")
	m.o.kinds = []string{"idle"}
	silent := ago(7_300_000, 7_300_000, 7_300_000)
	m.socket(tcpstate.Established, app, here+port(0), there+"80", silent)
	m.socket(tcpstate.Established, app, here+port(1), there+"80", silent, func(s *socket) { s.timer = timerKeepalive })
	m.socket(tcpstate.Established, app, here+port(2), there+"80", ago(7_300_000, 100, 100))
	m.want(t, "idle/idle 1 app")
}

func TestSelfConnected(t *testing.T) {
	m := makeLook()
	app := m.process(7, "app")
	m.socket(tcpstate.Established, app, here+"8080", here+"8080")
	m.socket(tcpstate.TimeWait, 0, here+"8081", here+"8081", func(s *socket) { s.timer, s.timerLeft = timerTimeWait, 59_000 })
	m.want(t, "self-connected/time-wait 1", "self-connected/self-connected 1 app")
}
