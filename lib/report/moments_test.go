package report

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// momentsOf are those of a report's first run.
func momentsOf(r *Report) (*ladder, []moment) {
	l := newLadder(&r.Runs[0], false)
	return l, l.moments(&r.Runs[0])
}

// TestMomentsFollowTheStates: whoever adds the changes up from row to row comes to the states
// of the histories.
func TestMomentsFollowTheStates(t *testing.T) {
	for name, r := range fixtures() {
		_, all := momentsOf(r)
		states := map[string][]string{}
		for i := range all {
			for _, c := range all[i].Set {
				was := states[c.Socket]
				if len(was) == 0 && c.From != "" || len(was) > 0 && was[len(was)-1] != c.From {
					t.Errorf("%s: %s goes from %q, after %v", name, c.Socket, c.From, was)
				}
				states[c.Socket] = append(was, c.To)
			}
		}
		for _, h := range r.Runs[0].Histories {
			var want []string
			for _, s := range h.States {
				want = append(want, s.State)
			}
			if !slices.Equal(states[h.Socket], want) {
				t.Errorf("%s: %s goes through %v; want %v", name, h.Socket, states[h.Socket], want)
			}
		}
	}
}

func TestEnds(t *testing.T) {
	for name, want := range map[string][2]string{"simopen": {"a1", "b1"}, "selfconnection": {"a1", ""}} {
		l, all := momentsOf(fixtures()[name])
		for i := range all {
			if l.rows[i].arrow != nil && all[i].Ends != want {
				t.Errorf("%s: row %d has the ends %v; want %v", name, i, all[i].Ends, want)
			}
		}
	}
	// A SYN reaches the socket that listens, what follows the one that was accepted.
	_, all := momentsOf(loopback())
	var ends []string
	for i := range all {
		if all[i].Kind == "packet" && !slices.Contains(ends, all[i].Ends[1]) {
			ends = append(ends, all[i].Ends[1])
		}
	}
	if want := []string{"b2"}; !slices.Equal(ends, want) {
		t.Errorf("the server's ends are %v; want %v", ends, want)
	}
}

// TestEndsOfIncarnations: two connections between the same addresses are told apart by time.
func TestEndsOfIncarnations(t *testing.T) {
	s := newScript("again", journal.Wire).socket("a1", a80, b80).socket("b1", b80, a80).socket("a2", a80, b80).socket("b2", b80, a80)
	for _, n := range []string{"1", "2"} {
		s.call("a"+n, "connect", 0, "", b80)
		s.call("b"+n, "connect", 0, "", a80)
		s.carry("a", "b", segment(a80, b80, "SYN", 1, 0, 0))
	}
	_, all := momentsOf(reportOf(s.finish("", claim.Reproduced, "")))
	var got [][2]string
	for i := range all {
		if all[i].Kind == "packet" {
			got = append(got, all[i].Ends)
		}
	}
	if want := [][2]string{{"a1", "b1"}, {"a2", "b2"}}; !slices.Equal(got, want) {
		t.Errorf("ends %v; want %v", got, want)
	}
}

func TestDisplayFilter(t *testing.T) {
	sockets := []journal.Socket{{ID: "a1", Local: "[2001:db8::1]:80", Remote: "[2001:db8::2]:7"}, {ID: "b1", Local: "0.0.0.0:80"}, {ID: "c1", Local: a80, Remote: a80}}
	of := func(p journal.Packet) *row { return &row{arrow: &arrow{label: label{p: &p}}} }
	did := func(socket string) *row { return &row{event: &journal.Event{Socket: socket}} }
	icmp := journal.Packet{Src: "192.0.2.1", Dst: "192.0.2.2", Proto: "icmp"}
	for want, r := range map[string]*row{
		"ip.src == 192.0.2.1 && tcp.srcport == 8080 && ip.dst == 192.0.2.2 && tcp.dstport == 8080 && tcp.seq_raw == 7 && tcp.flags == 0x012 && tcp.len == 3": of(segment(a80, b80, "SYN,ACK", 7, 1, 3)),
		"icmp && ip.src == 192.0.2.1 && ip.dst == 192.0.2.2":                                      of(icmp),
		"ipv6.addr == 2001:db8::1 && tcp.port == 80 && ipv6.addr == 2001:db8::2 && tcp.port == 7": did("a1"),
		"tcp.port == 80": did("b1"),
		"ip.addr == 192.0.2.1 && tcp.port == 8080": did("c1"),
		"": did("nobody"),
	} {
		if got := displayFilter(r, sockets); got != want {
			t.Errorf("filter %q; want %q", got, want)
		}
	}
	if got := displayFilter(of(journal.Packet{Src: `x" || 1`, Dst: "y", Flags: journal.SYN}), nil); strings.Contains(got, "x") {
		t.Errorf("an address that is none gets into the filter: %q", got)
	}
}
