package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/live"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
	"sockproof/lib/witness/diag"
)

// scanStage is a connection on the wire between host a, the client, and host b.
type scanStage struct {
	*scenario.T
	listener       *scenario.Listener
	client, server *scenario.End
}

// scanAt looks for stuck sockets on a host.
func scanAt(h *scenario.Host) (t *stuckTally) {
	h.In(func() error {
		s, err := openStuckScanner(live.Place{})
		if err != nil {
			return err
		}
		defer s.close()
		t, _, err = s.scan()
		return err
	})
	return t
}

// connectScanStage connects and, unless it is to wait in the queue, accepts.
func connectScanStage(t *scenario.T, accept bool) *scanStage {
	s := &scanStage{T: t, listener: t.Host("b").Socket(scenario.From(8080)).Listen(8), client: t.Host("a").Socket()}
	s.client.Connect(s.listener.At)
	if accept {
		s.server = s.listener.Accept()
	}
	return s
}

// fill lets the client write, and the server not read, until nothing more is
// taken and the kernel does nothing but probe the server's closed window.
func (s *scanStage) fill() {
	for s.client.WriteBulk(256<<10) != journal.EAGAIN {
		s.Settle()
	}
	local := s.client.Local()
	var conn *diag.Conn
	s.Host("a").In(func() (err error) { conn, err = diag.Open(); return err })
	defer conn.Close()
	var err error
	probes := s.Await(20*time.Second, func() bool {
		found, is, e := conn.Lookup(local, s.listener.At)
		err = e
		return err != nil || is && found.TimerName() == "persist"
	})
	s.Must(err)
	if !probes {
		s.Stop("the window was never closed")
	}
}

// drain reads what there is, and so opens the window, until the end.
func (s *scanStage) drain() {
	for n, errno := s.server.ReadBulk(1 << 20); n > 0 || errno == journal.EAGAIN; n, errno = s.server.ReadBulk(1 << 20) {
		s.Settle()
	}
}

// scanWant is what a scan of a host must find: one socket, or none.
type scanWant struct {
	host string
	kind stuckKind // of the one socket; stuckKinds: there is none, but in TIME_WAIT
	owner,
	orphan bool
	unread  uint64
	endRead int
	told    string // what is told of its age: "least", "most", "both", ""; "left": what is left
	unsent  bool   // something was never sent
}

// check compares what a scan finds with what it must.
func (w scanWant) check(s *scanStage) error {
	r := scanAt(s.Host(w.host)).report()
	var text strings.Builder
	r.write(&text)
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("host %s: %s\n%s", w.host, fmt.Sprintf(format, args...), text.String())
	}
	if w.kind == stuckKind(stuckKinds) {
		if r.Stuck != 0 {
			return wrong("%d stuck, want none", r.Stuck)
		}
		return nil
	}
	if len(r.Kinds) != 1 || r.Kinds[0].Kind != stuckWords[w.kind].name || r.Kinds[0].Sockets != 1 {
		return wrong("want one %s and nothing else", stuckWords[w.kind].name)
	}
	k := r.Kinds[0]
	if got := k.told(); got != w.told {
		return wrong("age: %q told, want %q", got, w.told)
	}
	if k.Unread != w.unread || k.EndRead != w.endRead || k.MPTCP != 0 || (k.Unsent > 0) != w.unsent || k.Unsent > k.Unacked {
		return wrong("bytes: %+v, want %d unread", k.scanSum, w.unread)
	}
	if w.orphan != (k.Orphans == 1) || w.owner != (len(k.Programs) == 1) || r.OwnersNotVisible != 0 {
		return wrong("owners: %d orphans, %+v", k.Orphans, k.Programs)
	}
	if w.owner {
		me, err := thisProcess()
		if err != nil || k.Programs[0].Owner != me || k.Programs[0].Sockets != 1 {
			return wrong("owned by %+v, want %+v, %v", k.Programs[0], me, err)
		}
	}
	a, b := s.Host("a").At(0).Addr().String(), s.Host("b").At(8080).String()
	want := scanEnds{"out", b, ""}
	if w.host == "b" {
		want = scanEnds{"in", b, a}
	}
	if len(k.Remotes) != 1 || k.Remotes[0].scanEnds != want {
		return wrong("want %v", want)
	}
	return nil
}

// told is what is told of an age.
func (k *scanKind) told() string {
	switch least, most := k.Oldest.AtLeastMS != nil, k.Oldest.AtMostMS != nil; {
	case k.LeftMS > 0 && k.LeftMS <= stuckTimeWaitMS:
		return "left"
	case k.LeftMS > 0:
		return "too much left"
	case least && most:
		return "both"
	case least:
		return "least"
	case most:
		return "most"
	}
	return ""
}

// thisProcess is this process as an owner.
func thisProcess() (live.Owner, error) {
	comm, err := os.ReadFile("/proc/self/comm")
	return live.Owner{PID: os.Getpid(), Program: strings.TrimSpace(string(comm))}, err
}

// scanGone is that nothing is stuck.
func scanGone(host string) scanWant { return scanWant{host: host, kind: stuckKind(stuckKinds)} }

// scanStep does something and names what must be found then.
type scanStep struct {
	do    func(*scanStage)
	wants []scanWant
}

// scanLife is a connection on its way through the states.
type scanLife struct {
	name   string
	queued bool // the server does not accept
	steps  []scanStep
}

func scanClient(s *scanStage) *scenario.End { return s.client }
func scanServer(s *scanStage) *scenario.End { return s.server }

func shutsDown(who func(*scanStage) *scenario.End) func(*scanStage) {
	return func(s *scanStage) { who(s).ShutdownWrite() }
}

func closesEnd(who func(*scanStage) *scenario.End) func(*scanStage) {
	return func(s *scanStage) { who(s).Close() }
}

func holds(host string) func(*scanStage) {
	return func(s *scanStage) { s.Hold(func(p *wire.Packet) bool { return host == "" || p.From == host }) }
}

func releases(s *scanStage) { s.Release() }

// answerLives: the peer has closed, and this end has not.
var answerLives = []scanLife{
	{name: "half closed", steps: []scanStep{
		{nil, []scanWant{scanGone("a"), scanGone("b")}},
		{func(s *scanStage) { s.client.Send("hello") }, []scanWant{scanGone("a"), scanGone("b")}},
		{shutsDown(scanClient), []scanWant{
			{host: "b", kind: stuckLeaked, owner: true, unread: 5, told: "both"},
			{host: "a", kind: stuckPeerOpen, owner: true, told: "both"},
		}},
		{(*scanStage).drain, []scanWant{{host: "b", kind: stuckLeaked, owner: true, endRead: 1, told: "both"}}},
		{closesEnd(scanClient), []scanWant{{host: "a", kind: stuckPeerOpenOrphan, orphan: true, told: "left"}}},
		{closesEnd(scanServer), []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}, scanGone("b")}},
	}},
	{name: "the answer is lost", steps: []scanStep{
		{shutsDown(scanClient), nil},
		{holds("b"), nil},
		{func(s *scanStage) { s.server.Send("hello") }, []scanWant{
			{host: "b", kind: stuckAnswering, owner: true, told: "both"},
			{host: "a", kind: stuckPeerOpen, owner: true, told: "both"},
		}},
		{releases, []scanWant{
			{host: "b", kind: stuckLeaked, owner: true, told: "both"},
			{host: "a", kind: stuckPeerUnread, owner: true, unread: 5, told: "both"},
		}},
		{func(s *scanStage) { s.client.Recv() }, []scanWant{{host: "a", kind: stuckPeerOpen, owner: true, told: "both"}}},
		{closesEnd(scanServer), []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}, scanGone("b")}},
	}},
	{name: "never accepted", queued: true, steps: []scanStep{
		{closesEnd(scanClient), []scanWant{{host: "b", kind: stuckNeverAccepted, owner: true, told: "both"}}},
		{func(s *scanStage) { s.server = s.listener.Accept() }, []scanWant{{host: "b", kind: stuckLeaked, owner: true, told: "both"}}},
		{closesEnd(scanServer), []scanWant{scanGone("b")}},
	}},
}

// lossLives: a FIN or an ACK is lost.
var lossLives = []scanLife{
	{name: "the FIN is lost", steps: []scanStep{
		{holds("a"), nil},
		{shutsDown(scanClient), []scanWant{{host: "a", kind: stuckFinUnanswered, owner: true, told: "most"}, scanGone("b")}},
		{closesEnd(scanClient), []scanWant{{host: "a", kind: stuckFinUnanswered, orphan: true, told: "most"}}},
		{releases, []scanWant{{host: "a", kind: stuckPeerOpenOrphan, orphan: true, told: "left"}, {host: "b", kind: stuckLeaked, owner: true, told: "both"}}},
	}},
	{name: "the FIN and what is before it are lost", steps: []scanStep{
		{holds("a"), nil},
		{func(s *scanStage) { s.client.Write("hello") }, []scanWant{scanGone("a")}},
		{shutsDown(scanClient), []scanWant{{host: "a", kind: stuckFinUnanswered, owner: true}, scanGone("b")}},
		{releases, []scanWant{{host: "a", kind: stuckPeerOpen, owner: true, told: "both"}}},
	}},
	{name: "the last ACK is lost", steps: []scanStep{
		{closesEnd(scanClient), nil},
		{holds("a"), nil},
		{shutsDown(scanServer), []scanWant{{host: "b", kind: stuckLastAck, owner: true, told: "most"}}},
		{closesEnd(scanServer), []scanWant{{host: "b", kind: stuckLastAck, orphan: true, told: "most"}}},
		{releases, []scanWant{scanGone("b")}},
	}},
	{name: "both at once", steps: []scanStep{
		{holds(""), nil},
		{shutsDown(scanClient), []scanWant{{host: "a", kind: stuckFinUnanswered, owner: true, told: "most"}}},
		{shutsDown(scanServer), []scanWant{{host: "b", kind: stuckFinUnanswered, owner: true, told: "most"}}},
		{func(s *scanStage) { // the FINs cross, the ACKs stay
			for _, p := range s.Held("") {
				if p.Flags.Has(packet.FIN) {
					s.Carry(p)
				}
			}
		}, []scanWant{
			{host: "a", kind: stuckClosing, owner: true, told: "both"},
			{host: "b", kind: stuckClosing, owner: true, told: "both"},
		}},
		{releases, []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}, {host: "b", kind: stuckTimeWait, told: "left"}}},
	}},
}

// unreadLives: the peer does not read.
var unreadLives = []scanLife{
	{name: "the peer does not read", steps: []scanStep{
		{(*scanStage).fill, []scanWant{scanGone("a")}},
		{shutsDown(scanClient), []scanWant{{host: "a", kind: stuckFinUnread, owner: true, unsent: true}}},
		{(*scanStage).drain, []scanWant{
			{host: "a", kind: stuckPeerOpen, owner: true, told: "both"},
			{host: "b", kind: stuckLeaked, owner: true, endRead: 1, told: "both"},
		}},
	}},
	{name: "the peer has closed and does not read", steps: []scanStep{
		{(*scanStage).fill, nil},
		{shutsDown(scanServer), []scanWant{{host: "a", kind: stuckAnswerUnread, owner: true, unsent: true, told: "both"}}},
		{shutsDown(scanClient), []scanWant{{host: "a", kind: stuckLastAckUnread, owner: true, unsent: true, told: "most"}}},
		{(*scanStage).drain, []scanWant{scanGone("a")}},
	}},
	{name: "both have closed and one does not read", steps: []scanStep{
		{(*scanStage).fill, nil},
		{shutsDown(scanClient), []scanWant{{host: "a", kind: stuckFinUnread, owner: true, unsent: true}}},
		{shutsDown(scanServer), []scanWant{{host: "a", kind: stuckClosingUnread, owner: true, unsent: true, told: "both"}}},
		{(*scanStage).drain, []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}}},
	}},
}

// TestScanEveryState brings connections into every state, looks, and lets what
// was missing happen: then it must be gone.
func TestScanEveryState(t *testing.T) {
	for _, life := range slices.Concat(answerLives, lossLives, unreadLives) {
		for _, at := range journaltest.Stages(journal.Wire) {
			t.Run(life.name+"/"+string(at.Family), func(t *testing.T) {
				at.Need(t)
				life.lived(t, at)
			})
		}
	}
}

// lived takes the steps, and reports what a scan found wrong.
func (life *scanLife) lived(t *testing.T, at journaltest.Stage) {
	var (
		j     journal.Journal
		wrong []error
	)
	scan := &scenario.Scenario{
		Name: "scan", Networks: []journal.Network{at.Network}, Hosts: []string{"a", "b"},
		Steps: func(t *scenario.T) {
			wrong = nil
			life.take(t, func(err error) { wrong = append(wrong, err) })
		},
	}
	journaltest.Undisturbed(func() (*journal.Journal, bool) {
		j = scenario.Conduct(context.Background(), scan, at.Conditions())
		return &j, len(wrong) == 0
	})
	for _, err := range wrong {
		t.Error(err)
	}
	if j.Stopped != "" {
		t.Error(j.Stopped)
	}
}

// take takes the steps, and reports what a scan finds wrong.
func (life *scanLife) take(t *scenario.T, wrong func(error)) {
	// So that the kernel does not give orphans up during the test.
	t.Sysctl("a", "net.ipv4.tcp_orphan_retries", "8")
	t.Sysctl("b", "net.ipv4.tcp_orphan_retries", "8")
	s := connectScanStage(t, !life.queued)
	for i, step := range life.steps {
		if step.do != nil {
			step.do(s)
		}
		for _, w := range step.wants {
			if err := w.check(s); err != nil {
				wrong(fmt.Errorf("step %d: %w", i, err))
			}
		}
	}
}
