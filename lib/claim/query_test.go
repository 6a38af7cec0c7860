package claim

import (
	"slices"
	"testing"

	"sockproof/lib/journal"
)

// TestQueries: each finds what it names, in order, and nothing else.
func TestQueries(t *testing.T) {
	s := newScript(journal.Wire)
	s.call("connect", "EINPROGRESS")                                    // 1
	s.call("connect", "ECONNREFUSED")                                   // 2
	s.call("close", "")                                                 // 3
	s.state(journal.TCPInfo, "", journal.Close)                         // 4
	s.state(journal.SockDiag, "", journal.SynSent)                      // 5
	s.state(journal.TCPInfo, journal.Close, journal.SynSent)            // 6
	s.segment(journal.AtSent, here, there, "SYN", 1, 0, 0)              // 7
	s.segment(journal.AtDelivered, here, there, "SYN+ACK+PSH", 1, 1, 0) // 8
	s.add(journal.Event{Socket: "a1", Kind: journal.KindSample, Sample: &journal.Sample{State: journal.SynSent}})
	s.Events[1].Socket = "a2"
	j := &s.Journal
	for _, tt := range []struct {
		name string
		got  []*journal.Event
		want []int
	}{
		{"calls of one socket", Calls(j, "a1", "connect"), []int{1}},
		{"calls of any", Calls(j, "", "connect"), []int{1, 2}},
		{"calls nobody made", Calls(j, "a1", "bind"), nil},
		{"failed", Failed(j, "", "connect", "ECONNREFUSED"), []int{2}},
		{"succeeded", Failed(j, "", "close", ""), []int{3}},
		{"states by all", States(j, "a1"), []int{4, 5, 6}},
		{"states by one", States(j, "a1", journal.SockDiag), []int{5}},
		{"states by two", States(j, "a1", journal.SockDiag, journal.TCPInfo), []int{4, 5, 6}},
		{"states of another", States(j, "a2"), nil},
		{"entered", Entered(j, "a1", journal.SynSent), []int{5, 6}},
		{"samples", Samples(j, "a1", journal.SynSent), []int{9}},
		{"packets anywhere", Packets(j, ""), []int{7, 8}},
		{"packets somewhere", Packets(j, journal.AtDelivered), []int{8}},
	} {
		if got := Numbers(tt.got...); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	// A query's events are the journal's own, and asking changes nothing.
	if Failed(j, "", "connect", "ECONNREFUSED"); len(Calls(j, "", "connect")) != 2 {
		t.Error("asking changed the journal")
	}
}

// TestCause: the packet that entered a host, or the call, last before.
func TestCause(t *testing.T) {
	s := newScript(journal.Wire)
	first := s.state(journal.TCPInfo, "", journal.Close) // nothing before it
	connect := s.call("connect", "")
	s.segment(journal.AtSent, here, here, "SYN", 1, 0, 0) // leaving causes nothing
	sent := s.state(journal.TCPInfo, journal.Close, journal.SynSent)
	syn := s.segment(journal.AtDelivered, here, here, "SYN", 1, 0, 0)
	received := s.state(journal.TCPInfo, journal.SynSent, journal.SynRecv)
	again := s.state(journal.SockDiag, journal.SynSent, journal.SynRecv)
	s.segment(journal.AtHeld, here, here, "ACK", 1, 0, 0)
	s.segment(journal.AtDropped, here, here, "ACK", 1, 0, 0)
	rst := s.segment(journal.AtInjected, here, here, "RST", 1, 0, 0)
	reset := s.state(journal.TCPInfo, journal.SynRecv, journal.Close)
	for state, want := range map[int]int{first: 0, sent: connect, received: syn, again: syn, reset: rst} {
		e, _ := s.Event(state)
		got := 0
		if c := Cause(&s.Journal, &e); c != nil {
			got = c.N
		}
		if got != want {
			t.Errorf("cause of %d: %d, want %d", state, got, want)
		}
	}
}

func TestHasFlags(t *testing.T) {
	for _, tt := range []struct {
		have, want []string
		is         bool
	}{
		{[]string{"SYN"}, []string{"SYN"}, true},
		{[]string{"SYN", "ACK"}, []string{"SYN"}, false},
		{[]string{"SYN"}, []string{"SYN", "ACK"}, false},
		{[]string{"FIN", "PSH", "ACK"}, []string{"FIN", "ACK"}, true},
		{[]string{"SYN", "ECE", "CWR"}, []string{"SYN"}, true},
		{[]string{"ACK", "URG"}, []string{"ACK"}, false},
		{nil, nil, true},
	} {
		e := &journal.Event{Packet: &journal.Packet{Flags: slices.Clone(tt.have)}}
		if HasFlags(e, tt.want...) != tt.is || !slices.Equal(e.Packet.Flags, tt.have) {
			t.Errorf("%v has %v: want %v", e.Packet.Flags, tt.want, tt.is)
		}
	}
	if HasFlags(nil) || HasFlags(&journal.Event{}, "SYN") {
		t.Error("what is no packet has flags")
	}
}

func TestNumbers(t *testing.T) {
	e := func(n int) *journal.Event { return &journal.Event{N: n} }
	if got := Numbers(e(3), nil, e(1), e(3), e(2)); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("%v", got)
	}
	if got := Numbers(); got != nil {
		t.Errorf("%v", got)
	}
}
