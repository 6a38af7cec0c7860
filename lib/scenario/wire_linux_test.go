package scenario

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// onWire runs a test on the wire in both families.
func onWire(t *testing.T, steps func(t *testing.T, r *T), check func(t *testing.T, j *journal.Journal)) {
	t.Helper()
	for _, f := range []journal.Family{journal.IPv4, journal.IPv6} {
		t.Run(string(f), func(t *testing.T) {
			j := testStage{journal.Wire, f}.steps(t, func(r *T) { steps(t, r) })
			check(t, &j)
		})
	}
}

// at counts the TCP packets seen somewhere.
func at(j *journal.Journal, where string) int { return len(packetsAt(j, where)) }

// hasPayload matches packets with data.
func hasPayload(p *wire.Packet) bool { return len(p.Payload) > 0 }

func TestHoldAndRelease(t *testing.T) {
	onWire(t, func(t *testing.T, r *T) {
		client, server := r.Connection()
		r.Hold(hasPayload)
		client.Send("x")
		if b, errno := server.Read(1); errno != journal.EAGAIN {
			t.Errorf("read %q, %s though the wire holds it", b, errno)
		}
		if held := r.Held("a"); len(held) != 1 {
			t.Errorf("%d packets held, want 1", len(held))
		}
		r.Release()
		wantRead(t, server, "x")
	}, func(t *testing.T, j *journal.Journal) {
		if at(j, journal.AtHeld) != 1 {
			t.Errorf("%d held events, want 1", at(j, journal.AtHeld))
		}
	})
}

func TestDroppedSegmentComesAgain(t *testing.T) {
	onWire(t, func(t *testing.T, r *T) {
		client, server := r.Connection()
		r.Drop(Once(hasPayload))
		client.Write("x")
		if !r.Await(testBound, server.Readable) {
			t.Error("the segment did not come again")
		}
		wantRead(t, server, "x")
	}, func(t *testing.T, j *journal.Journal) {
		if at(j, journal.AtDropped) != 1 {
			t.Errorf("%d dropped, want 1", at(j, journal.AtDropped))
		}
		again := slices.DeleteFunc(tcp.New(j).Segments(journal.AtSent), func(s *tcp.Segment) bool { return s.Repeats == 0 || s.Packet.Len == 0 })
		if len(again) == 0 {
			t.Error("the retransmission was not told from news")
		}
	})
}

func TestDuplicateIsNoNews(t *testing.T) {
	onWire(t, func(t *testing.T, r *T) {
		client, server := r.Connection()
		r.Rule(when(hasPayload, wire.Duplicate))
		client.Send("once")
		wantRead(t, server, "once")
	}, func(t *testing.T, j *journal.Journal) {
		copies := 0
		for _, e := range packetsAt(j, journal.AtDelivered) {
			if e.Packet.Copy {
				copies++
			}
		}
		if copies != 1 {
			t.Errorf("%d copies delivered, want 1", copies)
		}
	})
}

// A RST made of a segment's own numbers, injected, ends the connection.
func TestInjectedRST(t *testing.T) {
	onWire(t, func(_ *testing.T, r *T) {
		client, _ := r.Connection()
		r.Hold(hasPayload)
		client.Send("x")
		p := r.Held("a")[0]
		r.Discard(p, "the test's own")
		r.Inject(packet.Packet{
			Version: p.Version, Proto: packet.ProtoTCP, Src: p.Dst, Dst: p.Src,
			Flags: packet.RST, Seq: p.Ack,
		})
	}, func(t *testing.T, j *journal.Journal) {
		if at(j, journal.AtInjected) != 1 {
			t.Errorf("%d injected, want 1", at(j, journal.AtInjected))
		}
		p := path(j, "a1", journal.TCPInfo)
		if p[len(p)-1] != journal.Close {
			t.Errorf("a1 went %v, want CLOSE in the end", p)
		}
	})
}

// A step that is about a packet which never left a host ends the run, and not the program: a filter
// or a call that failed may have kept it.
func TestPacketsThatNeverCame(t *testing.T) {
	for name, step := range map[string]func(r *T){
		"HeldAt":  func(r *T) { r.HeldAt("a", 1) },
		"Carry":   func(r *T) { r.Carry(nil) },
		"Discard": func(r *T) { r.Discard(nil, "the test's own") },
		"Repeat":  func(r *T) { r.Repeat(nil) },
		"Replace": func(r *T) { r.Replace(nil, func(*packet.Packet) {}) },
		"Damage":  func(r *T) { r.Damage(nil, func([]byte) {}) },
		"Report":  func(r *T) { r.Report(nil, packet.HostUnreachable) },
	} {
		t.Run(name, func(t *testing.T) {
			s := testStage{journal.Wire, journal.IPv4}
			s.need(t)
			if j := s.conduct(context.Background(), testBound, step); j.Stopped == "" {
				t.Error("the run went on")
			}
		})
	}
}

// A flow that reads more than it has written ends the run: what is counted would be wrong.
func TestTransferReadsWhatItWrote(t *testing.T) {
	s := testStage{journal.Wire, journal.IPv4}
	s.need(t)
	j := s.conduct(context.Background(), testBound, func(r *T) {
		client, server := r.Connection()
		client.Send("before")
		r.Transfer(client, server, 1<<16)
	})
	if !strings.HasPrefix(j.Stopped, "read(b2): ") {
		t.Errorf("stopped: %q", j.Stopped)
	}
}

// What is not TCP must not stall the stepper, and must be seen: it passes to
// the host that has its address, or is dropped.
func TestOtherProtocolsPassOrAreDroppedVisibly(t *testing.T) {
	onWire(t, func(_ *testing.T, r *T) {
		b := r.Host("b").At(9).Addr()
		for _, to := range []netip.Addr{b, b.Next()} {
			r.Host("a").In(func() error { return sayUDP(to) })
		}
		r.Settle()
		r.Connection()
	}, func(t *testing.T, j *journal.Journal) {
		seen := map[string]int{}
		for _, e := range j.Events {
			if e.Packet != nil && e.Packet.Proto == "udp" {
				seen[e.Packet.At]++
			}
		}
		if seen[journal.AtSent] != 2 || seen[journal.AtDelivered] != 1 || seen[journal.AtDropped] != 1 {
			t.Errorf("UDP was seen %v, want 2 sent, 1 delivered, 1 dropped", seen)
		}
	})
}

func sayUDP(to netip.Addr) error {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 9)))
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte("x"))
	return err
}

func TestTransferIsCountedAndHashed(t *testing.T) {
	const size = 8 << 20
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.steps(t, func(r *T) {
				client, server := r.Connection()
				r.Transfer(client, server, size)
			})
			var moved []string
			for _, e := range j.Events {
				if e.Fold != nil {
					moved = append(moved, e.Fold.Counts[0].What)
				}
			}
			want := fmt.Sprintf(", %d bytes in all", size)
			if len(moved) != 2 || moved[0] != "write"+want || moved[1] != "read"+want {
				t.Errorf("journalled %q", moved)
			}
			if s.network != journal.Wire {
				return
			}
			if n := len(j.Events); n > 200 {
				t.Errorf("%d events: the packets were kept", n)
			}
			checkBulk(t, &j, size)
		})
	}
}

func checkBulk(t *testing.T, j *journal.Journal, size int64) {
	t.Helper()
	bulk := map[string]*journal.Bulk{}
	for _, e := range j.Events {
		if e.Packet != nil && e.Packet.Bulk != nil {
			bulk[e.Host] = e.Packet.Bulk
		}
	}
	if bulk["a"] == nil || bulk["a"].TCPBytes < size || len(bulk["a"].SHA256) != 64 {
		t.Errorf("bulk of a: %+v", bulk["a"])
	}
	if bulk["b"] == nil || bulk["b"].Packets == 0 || bulk["b"].TCPBytes != 0 {
		t.Errorf("bulk of b, which only acknowledges: %+v", bulk["b"])
	}
}

func BenchmarkBulk(b *testing.B) {
	for _, mtu := range []int{1500, 65535} {
		b.Run(fmt.Sprintf("mtu=%d", mtu), func(b *testing.B) {
			const size = 256 << 20
			b.SetBytes(size)
			s := Scenario{Name: "bulk", Networks: []journal.Network{journal.Wire}, Hosts: []string{"a", "b"}, MTU: mtu, Steps: func(r *T) {
				client, server := r.Connection()
				r.Transfer(client, server, size)
			}}
			for b.Loop() {
				j := Conduct(b.Context(), &s, Conditions{Network: journal.Wire, Family: journal.IPv4, Run: 1, First: 1})
				if j.Stopped != "" {
					b.Fatal(j.Stopped)
				}
			}
		})
	}
}

func TestUnavailableNamesTheRemedy(t *testing.T) {
	err := &network.Unavailable{Kind: journal.Wire, Err: errors.New("open /dev/net/tun: permission denied"), Remedy: "run as root"}
	if s := err.Error(); strings.Contains(s, "\n") || !strings.Contains(s, "run as root") {
		t.Errorf("%q", s)
	}
}
