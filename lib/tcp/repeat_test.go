package tcp

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

const (
	here  journal.Address = "192.0.2.1:8080"
	there journal.Address = "192.0.2.2:9090"
)

// seg is a segment from here to itself, or from there.
type seg struct {
	flags    string
	seq, ack uint32
	length   int
	from     journal.Address // "": here to itself; there: there to here; here: here to there
}

const wrap = 1<<32 - 5 // a sequence number whose successors wrap

// repeats are exchanges, and which of their segments repeat one before.
var repeats = []struct {
	name     string
	segments []seg
	repeats  []int // what each repeats, by position from 1; 0: none
}{
	{"a self-connection", []seg{
		{"SYN", 100, 0, 0, ""},
		{"SYN+ACK", 100, 101, 0, ""},
		{"ACK", 101, 101, 0, ""},
		{"PSH+ACK", 101, 101, 9, ""},
		{"ACK", 110, 110, 0, ""},
		{"FIN+ACK", 110, 110, 0, ""},
		{"ACK", 111, 111, 0, ""},
	}, []int{0, 0, 0, 0, 0, 0, 0}},
	{"a SYN again, and its SYN+ACK", []seg{
		{"SYN", 100, 0, 0, ""}, {"SYN", 100, 0, 0, ""}, {"SYN+ACK", 100, 101, 0, ""}, {"SYN+ACK", 100, 101, 0, ""},
	}, []int{0, 1, 0, 3}},
	{"a SYN again, without ECN", []seg{
		{"SYN+ECE+CWR", 100, 0, 0, ""}, {"SYN", 100, 0, 0, ""},
	}, []int{0, 1}},
	{"a SYN again once it was acknowledged", []seg{
		{"SYN", 100, 0, 0, ""},
		{"SYN+ACK", 100, 101, 0, ""},
		{"PSH+ACK", 101, 101, 5, ""},
		{"SYN", 100, 0, 0, ""},
		{"PSH+ACK", 101, 101, 5, ""},
	}, []int{0, 0, 0, 1, 3}},
	{"data again", []seg{
		{"ACK", 100, 7, 10, here}, {"ACK", 100, 7, 10, here}, {"PSH+ACK", 100, 8, 10, here},
	}, []int{0, 1, 1}},
	{"a part of it again", []seg{
		{"ACK", 100, 7, 10, here}, {"ACK", 105, 7, 5, here},
	}, []int{0, 1}},
	{"two pieces again as one", []seg{
		{"ACK", 100, 7, 10, here}, {"ACK", 110, 7, 10, here}, {"ACK", 100, 7, 20, here},
	}, []int{0, 0, 2}},
	{"again, with more behind it", []seg{
		{"ACK", 100, 7, 10, here}, {"ACK", 100, 7, 15, here}, {"ACK", 110, 7, 5, here},
	}, []int{0, 0, 2}},
	{"a FIN again, alone and with its data", []seg{
		{"PSH+ACK", 100, 7, 10, here}, {"FIN+ACK", 110, 7, 0, here}, {"FIN+ACK", 110, 7, 0, here}, {"FIN+PSH+ACK", 100, 7, 10, here},
	}, []int{0, 0, 2, 3}},
	{"data again, now with the FIN", []seg{
		{"PSH+ACK", 100, 7, 10, here}, {"FIN+PSH+ACK", 100, 7, 10, here}, {"FIN+ACK", 110, 9, 0, here},
	}, []int{0, 0, 2}},
	{"a duplicate ACK, and a window update", []seg{
		{"ACK", 100, 7, 0, here}, {"ACK", 100, 7, 0, here}, {"ACK", 100, 8, 0, here},
	}, []int{0, 1, 0}},
	{"a keepalive probe, and one of a closed window", []seg{
		{"PSH+ACK", 100, 7, 10, here}, {"ACK", 109, 7, 0, here}, {"ACK", 110, 8, 0, here}, {"ACK", 109, 8, 0, here}, {"PSH+ACK", 110, 8, 1, here},
	}, []int{0, 1, 0, 3, 0}},
	{"a RST with an old number is no probe", []seg{
		{"PSH+ACK", 100, 7, 10, here}, {"RST", 100, 0, 0, here},
	}, []int{0, 0}},
	{"the two directions apart", []seg{
		{"SYN", 100, 0, 0, here}, {"SYN", 100, 0, 0, there}, {"SYN+ACK", 100, 101, 0, here}, {"SYN+ACK", 100, 101, 0, there},
	}, []int{0, 0, 0, 0}},
	{"a RST for each SYN", []seg{
		{"SYN", 100, 0, 0, here}, {"RST+ACK", 0, 101, 0, there}, {"SYN", 100, 0, 0, here}, {"RST+ACK", 0, 101, 0, there},
	}, []int{0, 0, 1, 2}},
	{"a new incarnation, lower", []seg{
		{"SYN", 500, 0, 0, here}, {"PSH+ACK", 501, 1, 50, here}, {"SYN", 100, 0, 0, here}, {"PSH+ACK", 101, 1, 5, here},
	}, []int{0, 0, 0, 0}},
	{"a new incarnation, answered lower", []seg{
		{"SYN+ACK", 500, 1, 0, there},
		{"PSH+ACK", 501, 1, 50, there},
		{"SYN+ACK", 100, 2, 0, there},
		{"PSH+ACK", 101, 2, 5, there},
		{"PSH+ACK", 101, 2, 5, there},
	}, []int{0, 0, 0, 0, 4}},
	{"over the wrap", []seg{
		{"SYN", wrap - 1, 0, 0, here},
		{"PSH+ACK", wrap, 1, 10, here},
		{"PSH+ACK", 5, 1, 10, here},
		{"PSH+ACK", wrap, 1, 10, here},
		{"PSH+ACK", wrap, 1, 20, here},
		{"FIN+ACK", 15, 1, 0, here},
		{"FIN+ACK", 15, 1, 0, here},
	}, []int{0, 0, 0, 2, 4, 0, 6}},
	{"a SYN whose next wraps", []seg{
		{"SYN", 1<<32 - 1, 0, 0, ""}, {"SYN+ACK", 1<<32 - 1, 0, 0, ""}, {"SYN", 1<<32 - 1, 0, 0, ""}, {"ACK", 0, 0, 0, ""},
	}, []int{0, 0, 1, 0}},
}

func TestRepeats(t *testing.T) {
	for _, tt := range repeats {
		s := scripted(journal.Wire)
		for _, g := range tt.segments {
			src, dst := here, here
			switch g.from {
			case here:
				dst = there
			case there:
				src = there
			}
			s.segment(journal.AtSent, src, dst, g.flags, g.seq, g.ack, g.length)
		}
		v := New(s.Journal)
		var got []int
		for _, g := range v.Segments(journal.AtSent) {
			got = append(got, g.Repeats)
		}
		if !slices.Equal(got, tt.repeats) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.repeats)
		}
		first := 0
		for _, r := range tt.repeats {
			if r == 0 {
				first++
			}
		}
		if n := len(v.FirstSent()); n != first {
			t.Errorf("%s: %d first transmissions, want %d", tt.name, n, first)
		}
	}
}

// TestEachSegmentOnce: on the wire as it left its host, on lo as it arrived; bulk and what is
// not TCP are no segments.
func TestEachSegmentOnce(t *testing.T) {
	for n, want := range map[journal.Network]int{journal.Wire: 1, journal.Loopback: 2, journal.HostNet: 2} {
		s := scripted(n)
		for _, at := range []string{journal.AtSent, journal.AtHeld, journal.AtDropped, journal.AtDelivered, journal.AtInjected} {
			s.segment(at, here, there, "SYN", 1, 0, 0)
		}
		s.segment(journal.AtDelivered, here, there, "ACK", 2, 2, 0)
		for _, at := range []string{journal.AtSent, journal.AtDelivered} {
			s.add(journal.Event{Kind: journal.KindPacket, Packet: &journal.Packet{At: at, Proto: "icmpv6"}})
			s.add(journal.Event{Kind: journal.KindPacket, Packet: &journal.Packet{At: at, Bulk: &journal.Bulk{Packets: 9}}})
		}
		if got := len(New(s.Journal).FirstSent()); got != want {
			t.Errorf("%s: %d segments, want %d", n, got, want)
		}
	}
}

// handwritten is a journal that is written event by event.
type handwritten struct{ *journal.Journal }

func scripted(n journal.Network) handwritten {
	return handwritten{&journal.Journal{Run: 1, Network: n}}
}

// add appends an event.
func (s handwritten) add(e journal.Event) {
	e.N, e.Run = len(s.Events)+1, 1
	e.T = int64(e.N)
	s.Events = append(s.Events, e)
}

// segment puts a segment of one direction on the wire.
func (s handwritten) segment(at string, src, dst journal.Address, flags string, seq, ack uint32, length int) {
	s.add(journal.Event{Kind: journal.KindPacket, Packet: &journal.Packet{
		Src: src, Dst: dst, Flags: journal.FlagsOf(strings.Split(flags, "+")...), Seq: seq, Ack: ack, Len: length, At: at,
	}})
}

// TestConnections: each has the segments between its addresses, and the sockets at its ends
// in the order in which they were called for.
func TestConnections(t *testing.T) {
	const server, one, two = "192.0.2.2:80", "192.0.2.1:1001", "192.0.2.1:1002"
	s := scripted(journal.Wire)
	for _, x := range []journal.Socket{{ID: "b1", Local: server}, {ID: "a1", Local: one, Remote: server}, {ID: "a2", Local: two, Remote: server}, {ID: "b2", Local: server, Remote: two}, {ID: "b3", Local: server, Remote: one}} {
		x.Host = x.ID[:1]
		s.Sockets = append(s.Sockets, x)
	}
	for _, id := range []string{"a1", "a2"} {
		s.add(journal.Event{Host: "a", Socket: id, Kind: journal.KindCall, Call: &journal.Call{Op: "connect", Args: []string{id, server}}})
	}
	s.segment(journal.AtSent, one, server, "SYN", 1, 0, 0)
	s.segment(journal.AtSent, two, server, "SYN", 1, 0, 0)
	s.segment(journal.AtSent, "192.0.2.9:9", server, "RST", 1, 0, 0) // another program's
	v := New(s.Journal)
	if len(v.Conns) != 2 || v.Conns[0].Server.Name() != "b3" || v.Conns[1].Server.Name() != "b2" || len(v.Conns[0].Segments) != 1 || len(v.Conns[1].Segments) != 1 {
		t.Errorf("%+v", v.Conns)
	}
	if v.Socket("a1").Peer() != v.Socket("b3") || v.Socket("b1").Peer() != nil {
		t.Error("the peers are not those of the addresses")
	}
}
