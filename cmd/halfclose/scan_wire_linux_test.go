package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/journal"
	"sockproof/lib/live"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
	"sockproof/lib/wire"
	"sockproof/lib/witness/diag"
)

// scanStage is a connection on the wire between host a, the client, and host b.
type scanStage struct {
	*scenario.Run
	listener, client, server *sock.Socket
}

// scanAt looks for stuck sockets on a host.
func scanAt(h *scenario.RunHost) (t *stuckTally, err error) {
	err = h.In(func() error {
		s, err := openStuckScanner(live.Place{})
		if err != nil {
			return err
		}
		defer s.close()
		t, _, err = s.scan()
		return err
	})
	return t, err
}

// connectScanStage connects and, unless it is to wait in the queue, accepts.
func connectScanStage(r *scenario.Run, accept bool) (s *scanStage, err error) {
	s = &scanStage{Run: r}
	b := r.Host("b")
	if s.listener, err = b.Socket(); err != nil {
		return nil, err
	}
	if err := errors.Join(s.listener.Bind(b.At(8080)), s.listener.Listen(8)); err != nil {
		return nil, err
	}
	if s.client, err = r.Host("a").Socket(); err != nil {
		return nil, err
	}
	_ = s.client.Connect(b.At(8080)) // EINPROGRESS
	r.Settle()
	if accept {
		s.server, err = s.listener.Accept()
	}
	return s, err
}

// fill lets the client write, and the server not read, until nothing more is
// taken and the kernel does nothing but probe the server's closed window.
func (s *scanStage) fill() error {
	for {
		_, err := s.client.Write(make([]byte, 256<<10))
		s.Settle()
		if errors.Is(err, syscall.EAGAIN) {
			break
		}
		if err != nil {
			return err
		}
	}
	local, err := s.client.Local()
	if err != nil {
		return err
	}
	var conn *diag.Conn
	if err := s.Host("a").In(func() (err error) { conn, err = diag.Open(); return err }); err != nil {
		return err
	}
	defer conn.Close()
	probes := s.Await(20*time.Second, func() bool {
		found, is, e := conn.Lookup(local, s.Host("b").At(8080))
		err = e
		return err != nil || is && found.TimerName() == "persist"
	})
	if err == nil && !probes {
		err = errors.New("the window was never closed")
	}
	return err
}

// drain reads what there is, and so opens the window, until the end.
func (s *scanStage) drain(to *sock.Socket) error {
	for {
		b, err := to.Read(1 << 20)
		if err == nil && len(b) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			return err
		}
		s.Settle()
		if !s.OK() {
			return errors.New("time ran out before the end came")
		}
	}
}

// holding keeps back what leaves a host, of all with "".
func holding(host string) wire.Rule {
	return func(p *wire.Packet) wire.Fate {
		if host == "" || p.From == host {
			return wire.Hold
		}
		return wire.Wait
	}
}

// release carries what was kept back, and all that comes of it.
func (s *scanStage) release() error {
	s.Wire().SetRule(nil)
	s.Wire().ReleaseAll()
	s.Settle()
	return nil
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
	tally, err := scanAt(s.Host(w.host))
	if err != nil {
		return err
	}
	r := tally.report()
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
	a, b := s.Host("a").Addr.String(), s.Host("b").At(8080).String()
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

// TestScanEveryState brings connections into every state, looks, and lets what
// was missing happen: then it must be gone.
func TestScanEveryState(t *testing.T) {
	type step struct {
		do    func(*scanStage) error
		wants []scanWant
	}
	shut := func(who func(*scanStage) *sock.Socket) func(*scanStage) error {
		return func(s *scanStage) error { err := who(s).Shutdown(journal.ShutWrite); s.Settle(); return err }
	}
	closed := func(who func(*scanStage) *sock.Socket) func(*scanStage) error {
		return func(s *scanStage) error { err := who(s).Close(); s.Settle(); return err }
	}
	client := func(s *scanStage) *sock.Socket { return s.client }
	server := func(s *scanStage) *sock.Socket { return s.server }
	hold := func(host string) func(*scanStage) error {
		return func(s *scanStage) error { s.Wire().SetRule(holding(host)); return nil }
	}
	release := (*scanStage).release

	for _, tt := range []struct {
		name   string
		queued bool // the server does not accept
		steps  []step
	}{
		{name: "half closed", steps: []step{
			{nil, []scanWant{scanGone("a"), scanGone("b")}},
			{func(s *scanStage) error { _, err := s.client.Write([]byte("hello")); s.Settle(); return err }, []scanWant{scanGone("a"), scanGone("b")}},
			{shut(client), []scanWant{
				{host: "b", kind: stuckLeaked, owner: true, unread: 5, told: "both"},
				{host: "a", kind: stuckPeerOpen, owner: true, told: "both"},
			}},
			{func(s *scanStage) error { return s.drain(s.server) }, []scanWant{{host: "b", kind: stuckLeaked, owner: true, endRead: 1, told: "both"}}},
			{closed(client), []scanWant{{host: "a", kind: stuckPeerOpenOrphan, orphan: true, told: "left"}}},
			{closed(server), []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}, scanGone("b")}},
		}},
		{name: "the answer is lost", steps: []step{
			{shut(client), nil},
			{hold("b"), nil},
			{func(s *scanStage) error { _, err := s.server.Write([]byte("hello")); s.Settle(); return err }, []scanWant{
				{host: "b", kind: stuckAnswering, owner: true, told: "both"},
				{host: "a", kind: stuckPeerOpen, owner: true, told: "both"},
			}},
			{release, []scanWant{
				{host: "b", kind: stuckLeaked, owner: true, told: "both"},
				{host: "a", kind: stuckPeerUnread, owner: true, unread: 5, told: "both"},
			}},
			{func(s *scanStage) error { _, err := s.client.Read(64); return err }, []scanWant{{host: "a", kind: stuckPeerOpen, owner: true, told: "both"}}},
			{closed(server), []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}, scanGone("b")}},
		}},
		{name: "never accepted", queued: true, steps: []step{
			{closed(client), []scanWant{{host: "b", kind: stuckNeverAccepted, owner: true, told: "both"}}},
			{func(s *scanStage) (err error) { s.server, err = s.listener.Accept(); return err }, []scanWant{{host: "b", kind: stuckLeaked, owner: true, told: "both"}}},
			{closed(server), []scanWant{scanGone("b")}},
		}},
		{name: "the FIN is lost", steps: []step{
			{hold("a"), nil},
			{shut(client), []scanWant{{host: "a", kind: stuckFinUnanswered, owner: true, told: "most"}, scanGone("b")}},
			{closed(client), []scanWant{{host: "a", kind: stuckFinUnanswered, orphan: true, told: "most"}}},
			{release, []scanWant{{host: "a", kind: stuckPeerOpenOrphan, orphan: true, told: "left"}, {host: "b", kind: stuckLeaked, owner: true, told: "both"}}},
		}},
		{name: "the FIN and what is before it are lost", steps: []step{
			{hold("a"), nil},
			{func(s *scanStage) error { _, err := s.client.Write([]byte("hello")); return err }, []scanWant{scanGone("a")}},
			{shut(client), []scanWant{{host: "a", kind: stuckFinUnanswered, owner: true}, scanGone("b")}},
			{release, []scanWant{{host: "a", kind: stuckPeerOpen, owner: true, told: "both"}}},
		}},
		{name: "the last ACK is lost", steps: []step{
			{closed(client), nil},
			{hold("a"), nil},
			{shut(server), []scanWant{{host: "b", kind: stuckLastAck, owner: true, told: "most"}}},
			{closed(server), []scanWant{{host: "b", kind: stuckLastAck, orphan: true, told: "most"}}},
			{release, []scanWant{scanGone("b")}},
		}},
		{name: "both at once", steps: []step{
			{hold(""), nil},
			{shut(client), []scanWant{{host: "a", kind: stuckFinUnanswered, owner: true, told: "most"}}},
			{shut(server), []scanWant{{host: "b", kind: stuckFinUnanswered, owner: true, told: "most"}}},
			{func(s *scanStage) error { // the FINs cross, the ACKs stay
				for _, p := range s.Wire().Held("") {
					if p.Flags.Has(packet.FIN) {
						if err := s.Wire().Deliver(p); err != nil {
							return err
						}
					}
				}
				return nil
			}, []scanWant{
				{host: "a", kind: stuckClosing, owner: true, told: "both"},
				{host: "b", kind: stuckClosing, owner: true, told: "both"},
			}},
			{release, []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}, {host: "b", kind: stuckTimeWait, told: "left"}}},
		}},
		{name: "the peer does not read", steps: []step{
			{func(s *scanStage) error { return s.fill() }, []scanWant{scanGone("a")}},
			{shut(client), []scanWant{{host: "a", kind: stuckFinUnread, owner: true, unsent: true}}},
			{func(s *scanStage) error { return s.drain(s.server) }, []scanWant{
				{host: "a", kind: stuckPeerOpen, owner: true, told: "both"},
				{host: "b", kind: stuckLeaked, owner: true, endRead: 1, told: "both"},
			}},
		}},
		{name: "the peer has closed and does not read", steps: []step{
			{func(s *scanStage) error { return s.fill() }, nil},
			{shut(server), []scanWant{{host: "a", kind: stuckAnswerUnread, owner: true, unsent: true, told: "both"}}},
			{shut(client), []scanWant{{host: "a", kind: stuckLastAckUnread, owner: true, unsent: true, told: "most"}}},
			{func(s *scanStage) error { return s.drain(s.server) }, []scanWant{scanGone("a")}},
		}},
		{name: "both have closed and one does not read", steps: []step{
			{func(s *scanStage) error { return s.fill() }, nil},
			{shut(client), []scanWant{{host: "a", kind: stuckFinUnread, owner: true, unsent: true}}},
			{shut(server), []scanWant{{host: "a", kind: stuckClosingUnread, owner: true, unsent: true, told: "both"}}},
			{func(s *scanStage) error { return s.drain(s.server) }, []scanWant{{host: "a", kind: stuckTimeWait, told: "left"}}},
		}},
	} {
		for _, at := range doctor.Stages(journal.Wire) {
			t.Run(tt.name+"/"+string(at.Family), func(t *testing.T) {
				at.Need(t)
				scan := &scenario.Scenario{Name: "scan", Networks: []journal.Network{at.Network}, Hosts: []string{"a", "b"}}
				var (
					j     journal.Journal
					wrong []error
				)
				play := func(r *scenario.Run) error {
					wrong = nil
					// So that the kernel does not give orphans up during the test.
					for _, h := range []string{"a", "b"} {
						if err := r.Host(h).Set("net.ipv4.tcp_orphan_retries", "8"); err != nil {
							return err
						}
					}
					s, err := connectScanStage(r, !tt.queued)
					if err != nil {
						return err
					}
					for i, step := range tt.steps {
						if step.do != nil {
							if err := step.do(s); err != nil {
								return fmt.Errorf("step %d: %w", i, err)
							}
						}
						for _, w := range step.wants {
							if err := w.check(s); err != nil {
								wrong = append(wrong, fmt.Errorf("step %d: %w", i, err))
							}
						}
					}
					return nil
				}
				doctor.Undisturbed(func() (*journal.Journal, bool) {
					j = scenario.Conduct(context.Background(), scan, play, at.Conditions())
					return &j, len(wrong) == 0
				})
				for _, err := range wrong {
					t.Error(err)
				}
				if j.Stopped != "" {
					t.Error(j.Stopped)
				}
			})
		}
	}
}
