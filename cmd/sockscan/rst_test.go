package main

import (
	"strings"
	"testing"

	"sockproof/lib/witness/trace"
)

// TestMeaningOf: what is told of a RST follows from what the kernel says, and from nothing else.
func TestMeaningOf(t *testing.T) {
	for _, c := range []struct {
		seen trace.Reset
		has  string // that no other meaning has
	}{
		{trace.Reset{Received: true, State: "SYN_SENT"}, "nobody listens there"},
		{trace.Reset{Received: true, State: "ESTABLISHED"}, "the peer, or something on the path"},
		{trace.Reset{Reason: "no_socket", Answers: "SYN"}, "on this port"},
		{trace.Reset{Reason: "no_socket", Answers: "ACK"}, "does not know"},
		{trace.Reset{Reason: "no_socket", Answers: "SYN,ACK"}, "does not know"},
		{trace.Reset{Answers: "PSH,ACK"}, "does not know"}, // before Linux 6.10
		{trace.Reset{Reason: "tcp_abort_on_close", PID: 1}, "unread"},
		{trace.Reset{Reason: "tcp_state", State: "ESTABLISHED", PID: 1}, "the program aborted"},
		{trace.Reset{Reason: "tcp_state", State: "FIN_WAIT2"}, "the kernel gave up"},
		{trace.Reset{Reason: "tcp_state", State: "ESTABLISHED"}, "nobody had accepted"},
		{trace.Reset{Reason: "tcp_timewait_socket", State: "TIME_WAIT"}, "its program had closed"},
		{trace.Reset{Reason: "mptcp_rst_emptcp"}, "mptcp_rst_emptcp"},
		{trace.Reset{State: "ESTABLISHED", PID: 1}, "does not tell why"},
	} {
		if got := meaningOf(&c.seen); !strings.Contains(got, c.has) {
			t.Errorf("%+v: %q; want %q", c.seen, got, c.has)
		}
	}
}

// TestOneRSTIsToldOnce: what the kernel says of data after SHUT_RDWR is one RST, which it sent.
func TestOneRSTIsToldOnce(t *testing.T) {
	l := &rstList{}
	for _, r := range []rst{
		{Direction: "received", Local: "a", Remote: "b"},
		{Direction: "received", Local: "c", Remote: "b"},
		{Direction: "sent", Local: "c", Remote: "b", Reason: "tcp_abort_on_data"},
		{Direction: "sent", Local: "a", Remote: "b", Reason: "tcp_abort_on_data"},
	} {
		l.add(&r)
	}
	if len(l.RSTs) != 3 || l.RSTs[1].Direction != "sent" || l.RSTs[0].Direction != "received" {
		t.Errorf("%+v", l.RSTs)
	}
}

// TestRSTText: a program's name is a stranger's choice.
func TestRSTText(t *testing.T) {
	l := rstList{RSTs: []*rst{newRST(&trace.Reset{Reason: "tcp_state", PID: 1, Program: "a\x1b[2Jb"})}, More: 2, Lost: 3}
	var b strings.Builder
	l.write(&b)
	if s := b.String(); strings.Contains(s, "\x1b") || !strings.Contains(s, "each RST: 3\n") || !strings.Contains(s, "and 2 more") || !strings.Contains(s, "  3 more were") {
		t.Error(s)
	}
}
