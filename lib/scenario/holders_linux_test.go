package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/sock"
)

// A duplicate keeps the connection, and TCP_INFO goes on seeing it; the last
// close ends it.
func TestDuplicateHoldsTheConnection(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.play(t, func(r *Run) error {
				client, server, err := pair(r)
				if err != nil {
					return err
				}
				second, err := client.Dup()
				if err != nil {
					return err
				}
				if err := client.Close(); err != nil {
					return err
				}
				if _, err := second.Write([]byte("x")); err != nil {
					return err
				}
				r.Settle()
				if b, err := server.Read(8); err != nil || string(b) != "x" {
					return fmt.Errorf("read %q, %w", b, err)
				}
				if err := second.Shutdown(journal.ShutWrite); err != nil {
					return err
				}
				r.Settle()
				if b, err := server.Read(8); err != nil || len(b) != 0 {
					return fmt.Errorf("read %q, %w: want the end", b, err)
				}
				return second.Close()
			})
			if p := path(&j, "a1", journal.TCPInfo); !slices.Contains(p, journal.FinWait2) {
				t.Errorf("a1 by tcp_info: %v, want FIN_WAIT2 by way of the duplicate", p)
			}
			if c := claim.Calls(&j, "a1", "close"); len(c) != 2 || c[1].Call.Args[0] != "a1 by its duplicate" {
				t.Errorf("closes: %d", len(c))
			}
		})
	}
}

// What is left of a connection at the end is reset, whoever holds it.
func TestTearDownResetsWhatIsHeldTwice(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.play(t, func(r *Run) error {
				for range 2 {
					client, server, err := pair(r)
					if err != nil {
						return err
					}
					if _, err := client.Dup(); err != nil {
						return err
					}
					if _, err := r.Spawn(journal.DefaultSIGPIPE, client, server); err != nil {
						return err
					}
					if err := client.Close(); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// A run that ends while a thread waits in a read whose descriptor was closed
// ends all the same: the peer's RST is carried to it.
func TestTearDownFreesAClosedReader(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.play(t, func(r *Run) error {
				client, _, err := pair(r)
				if err != nil {
					return err
				}
				if err := client.SetBlocking(); err != nil {
					return err
				}
				reading := client.Background(func() { _, _ = client.Read(8) })
				if !r.Await(5*time.Second, func() bool { return reading.Blocked("read") }) {
					return errors.New("the thread does not wait")
				}
				return client.Close()
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
			var accepted []*sock.Socket
			j := s.play(t, func(r *Run) error {
				accepted = nil
				listener, err := r.Host("b").Socket()
				if err != nil {
					return err
				}
				if err := listener.Bind(r.Host("b").At(0)); err != nil {
					return err
				}
				at, err := listener.Local()
				if err != nil {
					return err
				}
				if err := listener.Listen(8); err != nil {
					return err
				}
				child, err := r.Spawn(journal.DefaultSIGPIPE, listener)
				if err != nil {
					return err
				}
				if err := child.EpollWait(listener); err != nil {
					return err
				}
				if err := child.LimitDescriptors(room); err != nil {
					return err
				}
				for range room + 1 {
					client, err := r.Host("a").Socket()
					if err != nil {
						return err
					}
					_ = client.Connect(at)
					if _, err := client.Local(); err != nil {
						return err
					}
					r.Settle()
					a, err := child.Accept(listener)
					if err != nil {
						return err
					}
					if a == nil {
						a = listener.Queued(client)
					}
					a.Look()
					accepted = append(accepted, a)
				}
				return child.EpollWait(listener)
			})
			calls := claim.Calls(&j, "b1", "accept4")
			if len(calls) != room+1 || calls[room].Call.Errno != "EMFILE" || calls[room-1].Call.Errno != "" {
				t.Fatalf("%d calls of accept4, want %d and then EMFILE", len(calls), room)
			}
			for i, a := range accepted {
				samples := claim.Samples(&j, a.ID(), journal.Established)
				if len(samples) == 0 {
					t.Fatalf("sock_diag did not see %s", a.ID())
				}
				if owned := samples[len(samples)-1].Sample.Inode != 0; owned != (i < room) {
					t.Errorf("%s has an owner: %t", a.ID(), owned)
				}
			}
			if w := claim.Calls(&j, "b1", "epoll_wait"); len(w) != 2 || w[0].Call.Out != "" || w[1].Call.Out != "EPOLLIN" {
				t.Errorf("epoll before and after: %+v", w)
			}
		})
	}
}

// epoll's events are those of epoll_ctl(2), by name.
func TestEpollNamesWhatIsTheMatter(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.play(t, func(r *Run) error {
				client, server, err := pair(r)
				if err != nil {
					return err
				}
				e, err := server.Epoll()
				if err != nil {
					return err
				}
				if err := e.Wait(); err != nil {
					return err
				}
				if err := client.Reset(); err != nil {
					return err
				}
				r.Settle()
				return e.Wait()
			})
			var got []string
			for _, e := range claim.Calls(&j, "b2", "epoll_wait") {
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
		s := &Scenario{Name: "test", Networks: []journal.Network{journal.Wire}, Hosts: []string{"a", "b"}, DelayedACK: delayed}
		j := Conduct(context.Background(), s, func(r *Run) error {
			client, server, err := pair(r)
			if err != nil {
				return err
			}
			// An end that has answered delays what it acknowledges from then on.
			for _, s := range []*sock.Socket{client, server, client} {
				if _, err := s.Write([]byte("x")); err != nil {
					return err
				}
				r.Settle()
			}
			r.Note("settled")
			return nil
		}, Conditions{Network: journal.Wire, Family: journal.IPv4, Timeout: testBound, Run: 1, First: 1})
		if j.Stopped != "" {
			t.Fatal(j.Stopped)
		}
		if got := lastIsAcknowledged(&j); got == delayed {
			t.Errorf("delayed %t: the client's last byte was acknowledged when the wire was quiet: %t", delayed, got)
		}
	}
}

// lastIsAcknowledged says whether host b had acknowledged the last byte that
// came to it when the play was over.
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
		case e.Packet.At == journal.AtSent && claim.HasFlags(e, "ACK"):
			acknowledged = true
		}
	}
	return false
}

// A child ends as it is told, and the journal says how.
func TestChildSaysHowItEnded(t *testing.T) {
	ends := map[string]func(*sock.Child) error{
		"returned from main": func(c *sock.Child) error { return c.Exit(7) },
		"_exit":              func(c *sock.Child) error { return c.ExitNow(7) },
		"":                   func(c *sock.Child) error { return c.Kill(journal.SIGKILL) },
	}
	for how, end := range ends {
		j := testStage{journal.Loopback, journal.IPv4}.play(t, func(r *Run) error {
			c, _, _, err := withChild(r, journal.DefaultSIGPIPE)
			if err != nil {
				return err
			}
			return end(c)
		})
		if p := lastProcess(&j); p.How != how || (how != "") != (p.Status == 7) {
			t.Errorf("%q: %+v", how, p)
		}
	}
}
