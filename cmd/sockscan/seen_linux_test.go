package main

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journaltest"
	"sockproof/lib/live"
)

// end is one end of a connection of this process's.
type end int

func (e end) shut() error  { return syscall.Shutdown(int(e), syscall.SHUT_WR) }
func (e end) close() error { return syscall.Close(int(e)) }

// listenAt listens with a socket of a protocol, with room for so many.
func listenAt(a netip.AddrPort, protocol, backlog int) (end, error) {
	s, err := boundTo(a, protocol)
	if err == nil {
		err = syscall.Listen(int(s), backlog)
	}
	return s, err
}

// boundTo is a socket that is bound, and nothing else.
func boundTo(a netip.AddrPort, protocol int) (end, error) {
	fd, err := journaltest.StreamSocket(a.Addr(), protocol)
	if err == nil {
		err = syscall.Bind(fd, journaltest.Sockaddr(a))
	}
	return end(fd), err
}

// connectTo connects with a socket of a protocol.
func connectTo(a netip.AddrPort, protocol int) (end, error) {
	fd, err := journaltest.StreamSocket(a.Addr(), protocol)
	if err == nil {
		err = syscall.Connect(fd, journaltest.Sockaddr(a))
	}
	return end(fd), err
}

// accept takes a connection from a listener's queue.
func (e end) accept() (end, error) {
	fd, _, err := syscall.Accept4(int(e), syscall.SOCK_CLOEXEC)
	return end(fd), err
}

// seeNow is what a look at the caller's namespace finds.
func seeNow(o *options) (*scanReport, error) {
	o.portsAt, o.descriptorsAt = 80, 80
	s, err := openScanner(o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	l, err := s.look()
	if err != nil {
		return nil, err
	}
	return l.report(o), nil
}

// toldNow lists the findings of a report: kind/cause, how many, and that they are this process's.
func (r *scanReport) told() string {
	var all []string
	for i := range r.Findings {
		f := &r.Findings[i]
		text := fmt.Sprintf("%s/%s %d", f.Kind, f.Cause, f.Sockets)
		if f.Program != nil && f.Program.PID == os.Getpid() {
			text += " mine"
		}
		if f.MPTCP > 0 {
			text += " MPTCP"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// settlesOn looks until it finds just this: what changed less than a second ago is not judged.
func settlesOn(want string) (r *scanReport, err error) {
	deadline := time.Now().Add(20 * time.Second)
	for {
		r, err = seeNow(&options{})
		if err != nil || r.told() == want {
			return r, err
		}
		if time.Now().After(deadline) {
			return r, fmt.Errorf("found %q, not judged %+v; want %q", r.told(), r.NotJudged, want)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestLeakSeen follows a connection that its server leaks to its end.
func TestLeakSeen(t *testing.T) {
	for _, a := range []string{"127.0.0.1:8080", "[::1]:8080", "[::ffff:127.0.0.1]:8080"} {
		t.Run(a, func(t *testing.T) {
			journaltest.InNamespace(t, func() error { return leakSeen(t, netip.MustParseAddrPort(a)) })
		})
	}
}

func leakSeen(t *testing.T, at netip.AddrPort) error {
	listener, err := listenAt(at, syscall.IPPROTO_TCP, 8)
	if err != nil {
		return err
	}
	defer listener.close()
	client, err := connectTo(at, syscall.IPPROTO_TCP)
	if err != nil {
		return err
	}
	if err := client.shut(); err != nil {
		return err
	}
	if _, err := settlesOn("close-wait/never-accepted 1 mine"); err != nil {
		return err
	}
	server, err := listener.accept()
	if err != nil {
		return err
	}
	if _, err := settlesOn("close-wait/fin-unread 1 mine"); err != nil {
		return err
	}
	if _, err := syscall.Read(int(server), make([]byte, 8)); err != nil {
		return err
	}
	r, err := settlesOn("close-wait/leaked 1 mine")
	if err != nil {
		return err
	}
	if f := r.Findings[0]; f.PeerProgram == nil || f.PeerProgram.PID != os.Getpid() || f.Direction != "in" || f.Since.AtLeastMS == nil {
		t.Errorf("%+v", f)
	}
	if err := client.close(); err != nil {
		return err
	}
	if _, err := settlesOn("close-wait/leaked 1 mine"); err != nil {
		return err
	}
	if err := server.close(); err != nil {
		return err
	}
	_, err = settlesOn("")
	return err
}

// TestLeakSeenBesideKeepalive: a peer that answers keepalive probes has acknowledged something a moment ago,
// whenever somebody looks; what leaks is found all the same.
func TestLeakSeenBesideKeepalive(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("127.0.0.1:8080")
		listener, err := listenAt(at, syscall.IPPROTO_TCP, 8)
		if err != nil {
			return err
		}
		client, err := connectTo(at, syscall.IPPROTO_TCP)
		if err != nil {
			return err
		}
		server, err := listener.accept()
		if err != nil {
			return err
		}
		defer journaltest.CloseAll([]int{int(listener), int(client), int(server)})
		for option, value := range map[int]int{syscall.TCP_KEEPIDLE: 1, syscall.TCP_KEEPINTVL: 1} {
			if err := syscall.SetsockoptInt(int(server), syscall.IPPROTO_TCP, option, value); err != nil {
				return err
			}
		}
		if err := syscall.SetsockoptInt(int(server), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1); err != nil {
			return err
		}
		if err := client.shut(); err != nil {
			return err
		}
		const leaked = "close-wait/fin-unread 1 mine"
		if _, err := settlesOn(leaked); err != nil {
			return err
		}
		for range 4 {
			r, err := seeNow(&options{})
			if err != nil {
				return err
			}
			if r.told() != leaked {
				t.Errorf("found %q, not judged %+v; want %q", r.told(), r.NotJudged, leaked)
			}
			time.Sleep(100 * time.Millisecond) // another moment between two probes
		}
		return nil
	})
}

// TestQueueSeen: a full queue is seen with its numbers, and is no more once somebody accepts.
func TestQueueSeen(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("127.0.0.1:8080")
		listener, err := listenAt(at, syscall.IPPROTO_TCP, 1)
		if err != nil {
			return err
		}
		defer listener.close()
		clients, err := callMany(at, 4) // of which two find room
		defer journaltest.CloseAll(clients)
		if err != nil {
			return err
		}
		r, err := settlesOn("accept-queue/full 2 mine")
		if err != nil {
			return err
		}
		if q := r.Findings[0].Queue; q.Waiting != 2 || q.Limit != 1 || q.Drops < 2 || q.Overflows < 2 {
			t.Errorf("%+v", q)
		}
		return nil
	})
}

// TestBurstSeen: what a listener dropped since the look before is seen, though its queue is not full any more.
func TestBurstSeen(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("127.0.0.1:8080")
		listener, err := listenAt(at, syscall.IPPROTO_TCP, 1)
		if err != nil {
			return err
		}
		defer listener.close()
		o := &options{portsAt: 80, descriptorsAt: 80}
		s, err := openScanner(o)
		if err != nil {
			return err
		}
		defer s.close()
		if _, err := s.look(); err != nil {
			return err
		}
		clients, err := callMany(at, 4) // of which two find room
		defer journaltest.CloseAll(clients)
		if err != nil {
			return err
		}
		for range 2 {
			server, err := listener.accept()
			if err != nil {
				return err
			}
			defer server.close()
		}
		l, err := s.look()
		if err != nil {
			return err
		}
		r := l.report(o)
		if len(r.Findings) != 1 || r.Findings[0].Cause != "drops" || r.Findings[0].Queue.Dropping < 2 {
			t.Errorf("%+v", r.Findings)
		}
		return nil
	})
}

// callMany calls a listener, which may not answer all.
func callMany(at netip.AddrPort, n int) (fds []int, err error) {
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return fds, err
		}
		fds = append(fds, fd)
		_ = syscall.Connect(fd, journaltest.Sockaddr(at)) // in progress
	}
	return fds, nil
}

// TestZeroWindowSeen: who does not read is named, from the sender's side.
func TestZeroWindowSeen(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("127.0.0.1:8080")
		listener, err := listenAt(at, syscall.IPPROTO_TCP, 1)
		if err != nil {
			return err
		}
		defer listener.close()
		client, err := connectTo(at, syscall.IPPROTO_TCP)
		if err != nil {
			return err
		}
		server, err := listener.accept()
		if err != nil {
			return err
		}
		defer journaltest.CloseAll([]int{int(client), int(server)})
		if err := syscall.SetNonblock(int(client), true); err != nil {
			return err
		}
		for err = nil; err == nil; {
			_, err = syscall.Write(int(client), make([]byte, 64<<10))
		}
		r, err := settlesOn("zero-window/peer-does-not-read 1 mine")
		if err != nil {
			return err
		}
		if f := r.Findings[0]; f.PeerProgram == nil || f.Unacked == 0 || f.Service != "127.0.0.1:8080" {
			t.Errorf("%+v", f)
		}
		return nil
	})
}

// TestPortsSeen: a range of ten ports is used up by TIME_WAIT where it is not reused, and not where it is.
func TestPortsSeen(t *testing.T) {
	for reuse, want := range map[string]string{"0": "ports/used-up 10", "2": ""} {
		t.Run("tcp_tw_reuse "+reuse, func(t *testing.T) {
			journaltest.InNamespace(t, func() error {
				for name, value := range map[string]string{"ip_local_port_range": "40000 40009", "tcp_tw_reuse": reuse, "tcp_timestamps": "1"} {
					if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
						return err
					}
				}
				at := netip.MustParseAddrPort("127.0.0.1:8080")
				listener, err := listenAt(at, syscall.IPPROTO_TCP, 8)
				if err != nil {
					return err
				}
				defer listener.close()
				for range 10 {
					if err := openAndClose(listener, at); err != nil {
						return err
					}
				}
				r, err := settlesOn(want)
				if err == nil && want != "" && (r.Findings[0].Ports.Free != 0 || r.Findings[0].Ports.TimeWait != 10) {
					t.Errorf("%+v", r.Findings[0].Ports)
				}
				return err
			})
		})
	}
}

// openAndClose leaves a client in TIME_WAIT.
func openAndClose(listener end, at netip.AddrPort) error {
	client, err := connectTo(at, syscall.IPPROTO_TCP)
	if err != nil {
		return err
	}
	server, err := listener.accept()
	if err != nil {
		return err
	}
	if err := client.close(); err != nil {
		return err
	}
	if _, err := syscall.Read(int(server), make([]byte, 1)); err != nil {
		return err
	}
	return server.close()
}

// TestElsewhere looks into a namespace from outside.
func TestElsewhere(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("127.0.0.1:8080")
		listener, err := listenAt(at, syscall.IPPROTO_TCP, 8)
		if err != nil {
			return err
		}
		defer listener.close()
		path := fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		r, err := seeNow(&options{place: live.Place{Netns: path}})
		if err != nil {
			return err
		}
		if r.Sockets != 1 || len(r.Where) != 1 || r.Where[0].Namespace != "the network namespace "+path {
			t.Errorf("%+v", r)
		}
		return nil
	})
}
