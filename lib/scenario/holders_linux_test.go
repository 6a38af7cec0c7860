package scenario

import (
	"context"
	"slices"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// A duplicate keeps the connection, and TCP_INFO goes on seeing it; the last
// close ends it.
func TestDuplicateHoldsTheConnection(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.steps(t, func(r *T) {
				client, server := r.Connection()
				second := client.Dup()
				client.Close()
				second.Send("x")
				wantRead(t, server, "x")
				second.Shutdown(journal.ShutWrite)
				wantRead(t, server, "")
				second.Close()
			})
			if p := path(&j, "a1", journal.TCPInfo); !slices.Contains(p, journal.FinWait2) {
				t.Errorf("a1 by tcp_info: %v, want FIN_WAIT2 by way of the duplicate", p)
			}
			if c := callsIn(&j, "a1", "close"); len(c) != 2 || c[1].Call.Args[0] != "a1 by its duplicate" {
				t.Errorf("closes: %d", len(c))
			}
		})
	}
}

// What is left of a connection at the end is reset, whoever holds it.
func TestTearDownResetsWhatIsHeldTwice(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.steps(t, func(r *T) {
				for range 2 {
					client, server := r.Connection()
					client.Dup()
					r.Spawn(journal.DefaultSIGPIPE, client, server)
					client.Close()
				}
			})
		})
	}
}

// A run that ends while a thread waits in a read whose descriptor was closed
// ends all the same: the peer's RST is carried to it.
func TestTearDownFreesAClosedReader(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.steps(t, func(r *T) {
				client, _ := r.Connection()
				client.SetBlocking()
				reading := client.Background(func() { client.Read(8) })
				if !r.Await(testBound, func() bool { return reading.Blocked("read") }) {
					t.Error("the thread does not wait")
				}
				client.Close()
			})
		})
	}
}

// A child that accepts has its own descriptors, as many as it may; its sockets
// are seen by sock_diag.
func TestChildAcceptsUntilItsLimit(t *testing.T) {
	const room = 2
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			var accepted []*End
			j := s.steps(t, func(r *T) {
				accepted = nil
				l := r.Listen(ServerPort)
				child := r.Spawn(journal.DefaultSIGPIPE, l.End)
				child.EpollWait(l.End)
				child.LimitDescriptors(room)
				for range room + 1 {
					client := l.Dial()
					a := child.Accept(l)
					if a == nil {
						a = l.Queued(client)
					}
					a.Look()
					accepted = append(accepted, a)
				}
				child.EpollWait(l.End)
			})
			calls := callsIn(&j, "b1", "accept4")
			if len(calls) != room+1 || calls[room].Call.Errno != "EMFILE" || calls[room-1].Call.Errno != "" {
				t.Fatalf("%d calls of accept4, want %d and then EMFILE", len(calls), room)
			}
			for i, a := range accepted {
				samples := tcp.New(&j).Socket(a.ID()).Samples(journal.Established, 0, 0)
				if len(samples) == 0 {
					t.Fatalf("sock_diag did not see %s", a.ID())
				}
				if owned := samples[len(samples)-1].Sample.Inode != 0; owned != (i < room) {
					t.Errorf("%s has an owner: %t", a.ID(), owned)
				}
			}
			if w := callsIn(&j, "b1", "epoll_wait"); len(w) != 2 || w[0].Call.Out != "" || w[1].Call.Out != "EPOLLIN" {
				t.Errorf("epoll before and after: %+v", w)
			}
		})
	}
}

// epoll's events are those of epoll_ctl(2), by name.
func TestEpollNamesWhatIsTheMatter(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.steps(t, func(r *T) {
				client, server := r.Connection()
				e := server.Epoll()
				e.Wait()
				client.Reset()
				e.Wait()
			})
			var got []string
			for _, e := range callsIn(&j, "b2", "epoll_wait") {
				got = append(got, e.Call.Out)
			}
			if want := []string{"EPOLLOUT", "EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLHUP|EPOLLERR"}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// Where the kernel may delay its acknowledgements, it does; else not.
func TestDelayedACK(t *testing.T) {
	at := testStage{journal.Wire, journal.IPv4}
	at.need(t)
	for _, delayed := range []bool{false, true} {
		s := &Scenario{Name: "test", Networks: []journal.Network{journal.Wire}, Hosts: []string{"a", "b"}, DelayedACK: delayed, Steps: func(r *T) {
			client, server := r.Connection()
			// An end that has answered delays what it acknowledges from then on.
			client.Send("x")
			server.Send("x")
			client.Send("x")
			r.Note("settled")
		}}
		j := Conduct(context.Background(), s, Conditions{Network: journal.Wire, Family: journal.IPv4, Timeout: testBound, Run: 1, First: 1})
		if j.Stopped != "" {
			t.Fatal(j.Stopped)
		}
		if got := lastIsAcknowledged(&j); got == delayed {
			t.Errorf("delayed %t: the client's last byte was acknowledged when the wire was quiet: %t", delayed, got)
		}
	}
}

// lastIsAcknowledged says whether host b had acknowledged the last byte that
// came to it when the steps were taken.
func lastIsAcknowledged(j *journal.Journal) bool {
	acknowledged := false
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.Note != nil:
			return acknowledged
		case e.Packet == nil || e.Host != "b":
		case e.Packet.At == journal.AtDelivered && e.Packet.Len > 0:
			acknowledged = false
		case e.Packet.At == journal.AtSent && e.Packet.Flags == journal.ACK:
			acknowledged = true
		}
	}
	return false
}

// A child ends as it is told, and the journal says how.
func TestChildSaysHowItEnded(t *testing.T) {
	ends := map[string]func(*Child){
		"returned from main": func(c *Child) { c.Exit(7) },
		"_exit":              func(c *Child) { c.ExitNow(7) },
		"":                   func(c *Child) { c.Kill(journal.SIGKILL) },
	}
	for how, end := range ends {
		j := testStage{journal.Loopback, journal.IPv4}.steps(t, func(r *T) {
			client, _ := r.Connection()
			end(r.Handover(journal.DefaultSIGPIPE, client))
		})
		if p := lastProcess(&j); p.How != how || (how != "") != (p.Status == 7) {
			t.Errorf("%q: %+v", how, p)
		}
	}
}
