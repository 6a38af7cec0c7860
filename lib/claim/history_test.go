package claim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// histories merges what witnesses saw of one socket, written like
// "i:CLOSE d:SYN_SENT i:SYN_SENT": i is tcp_info, d sock_diag, t the trace.
func histories(t *testing.T, seen string) (merged string, differ []string) {
	t.Helper()
	witness := map[string]journal.Witness{"i": journal.TCPInfo, "d": journal.SockDiag, "t": journal.Trace}
	short := map[journal.Witness]string{journal.TCPInfo: "i", journal.SockDiag: "d", journal.Trace: "t"}
	s, last := newScript(journal.Wire), map[string]string{}
	for f := range strings.FieldsSeq(seen) {
		w, state, _ := strings.Cut(f, ":")
		s.state(witness[w], last[w], state)
		last[w] = state
	}
	h, d := Histories(&s.Journal)
	if len(h) != 1 || h[0].Socket != "a1" {
		t.Fatalf("%d histories", len(h))
	}
	var states []string
	events := 0
	for _, st := range h[0].States {
		var ws []string
		for _, w := range st.Witnesses {
			ws = append(ws, short[w])
		}
		slices.Sort(ws)
		states = append(states, strings.Join(ws, "")+":"+st.State)
		events += len(st.Events)
		first, _ := s.Event(st.Events[0])
		if st.T != first.T || len(st.Events) != len(st.Witnesses) {
			t.Errorf("%s: %+v", seen, st)
		}
	}
	if events != len(s.Events) {
		t.Errorf("%s: %d of %d events are in the history", seen, events, len(s.Events))
	}
	for _, x := range d {
		differ = append(differ, x.Text)
		if x.Socket != "a1" || len(x.Events) < 3 || !slices.IsSorted(x.Events) || x.Events[0] < 1 {
			t.Errorf("%s: %+v", seen, x)
		}
	}
	return strings.Join(states, " "), differ
}

func TestHistories(t *testing.T) {
	const known = " (TCP_INFO says CLOSE once only a TIME_WAIT is left)"
	for _, tt := range []struct {
		name, seen, want string
		differ           []string
	}{
		{"in step", "i:CLOSE i:SYN_SENT d:SYN_SENT i:ESTABLISHED d:ESTABLISHED", "i:CLOSE di:SYN_SENT di:ESTABLISHED", nil},
		{"one behind the other", "i:SYN_SENT i:SYN_RECV i:ESTABLISHED d:SYN_SENT d:SYN_RECV d:ESTABLISHED", "di:SYN_SENT di:SYN_RECV di:ESTABLISHED", nil},
		{
			"one skips", "i:SYN_SENT d:SYN_SENT i:SYN_RECV i:ESTABLISHED d:ESTABLISHED", "di:SYN_SENT i:SYN_RECV di:ESTABLISHED",
			[]string{"tcp_info saw SYN_RECV, sock_diag went from SYN_SENT to ESTABLISHED"},
		},
		{"one begins later", "i:CLOSE i:SYN_SENT i:SYN_RECV i:ESTABLISHED d:ESTABLISHED", "i:CLOSE i:SYN_SENT i:SYN_RECV di:ESTABLISHED", nil},
		{"one ends earlier", "i:ESTABLISHED d:ESTABLISHED d:FIN_WAIT1 d:CLOSING d:TIME_WAIT", "di:ESTABLISHED d:FIN_WAIT1 d:CLOSING d:TIME_WAIT", nil},
		{"CLOSE and gone are the same", "i:ESTABLISHED d:ESTABLISHED i:CLOSE d:GONE", "di:ESTABLISHED di:CLOSE", nil},
		{"gone and CLOSE are the same", "i:ESTABLISHED d:ESTABLISHED d:GONE i:CLOSE", "di:ESTABLISHED di:CLOSE", nil},
		{"gone alone", "i:ESTABLISHED d:ESTABLISHED d:GONE", "di:ESTABLISHED d:GONE", nil},
		{
			"TIME_WAIT where TCP_INFO says CLOSE", "i:FIN_WAIT2 d:FIN_WAIT2 i:CLOSE d:TIME_WAIT d:GONE", "di:FIN_WAIT2 i:CLOSE d:TIME_WAIT d:GONE",
			[]string{"tcp_info saw CLOSE, sock_diag went from FIN_WAIT2 to TIME_WAIT" + known},
		},
		{"connected again", "i:CLOSE i:SYN_SENT i:CLOSE i:SYN_SENT i:ESTABLISHED", "i:CLOSE i:SYN_SENT i:CLOSE i:SYN_SENT i:ESTABLISHED", nil},
		{
			"two skip", "t:SYN_SENT i:SYN_SENT d:SYN_SENT t:SYN_RECV t:ESTABLISHED i:ESTABLISHED d:ESTABLISHED", "dit:SYN_SENT t:SYN_RECV dit:ESTABLISHED",
			[]string{"trace saw SYN_RECV, sock_diag went from SYN_SENT to ESTABLISHED, tcp_info went from SYN_SENT to ESTABLISHED"},
		},
		{
			"two see what the third does not", "i:SYN_SENT d:SYN_SENT t:SYN_SENT i:SYN_RECV d:SYN_RECV i:ESTABLISHED t:ESTABLISHED", "dit:SYN_SENT di:SYN_RECV it:ESTABLISHED",
			[]string{"tcp_info and sock_diag saw SYN_RECV, trace went from SYN_SENT to ESTABLISHED"},
		},
	} {
		got, differ := histories(t, tt.seen)
		if got != tt.want {
			t.Errorf("%s: got %s\nwant %s", tt.name, got, tt.want)
		}
		if !slices.Equal(differ, tt.differ) {
			t.Errorf("%s: got %q\nwant %q", tt.name, differ, tt.differ)
		}
	}
}

// TestHistoriesPerSocket, in the order in which the sockets appear; states of
// no socket belong to no history.
func TestHistoriesPerSocket(t *testing.T) {
	s := newScript(journal.Wire)
	for _, socket := range []string{"b1", "", "a1", "b1"} {
		s.state(journal.TCPInfo, "", fmt.Sprint("S", len(s.Events)))
		s.Events[len(s.Events)-1].Socket = socket
	}
	h, d := Histories(&s.Journal)
	if len(h) != 2 || h[0].Socket != "b1" || len(h[0].States) != 2 || h[1].Socket != "a1" || len(d) != 0 {
		t.Errorf("%+v, %+v", h, d)
	}
	if h, d := Histories(&journal.Journal{}); len(h) != 0 || len(d) != 0 {
		t.Errorf("of nothing: %+v, %+v", h, d)
	}
}
