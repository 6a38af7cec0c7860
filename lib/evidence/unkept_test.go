package evidence

import (
	"encoding/json"
	"testing"

	"sockproof/lib/journal"
)

// TestUnknownKinds: what this program passes over is named, unless it says to have
// written it.
func TestUnknownKinds(t *testing.T) {
	p := &play{cross(t, addrA, addrB)}
	p.add(journal.Event{Kind: "verdict", Unknown: json.RawMessage(`{"T1":"refuted"}`)})
	all := rendered(t, New(reportOf(p.Journal), How{Repeat: 1}))
	wantFound(t, all, elsewhere(), `not checked: run 1: event 10, of a kind "verdict" that this version does not know`)
	wantFound(t, all, judge, `journal.jsonl, run 1, event 10: this version, which is said to have written it, has no events of kind "verdict"`)
}

// TestBytesNotKept: on the caller's own stack another program's are not, and only
// where there is something that it said.
func TestBytesNotKept(t *testing.T) {
	const refused = ": its bytes are not there, and it was no other program's"
	call := func(e *journal.Event, socket, op, argument, out string) {
		*e = journal.Event{N: e.N, Run: 1, T: e.T, Host: socket[:1], Socket: socket, Kind: journal.KindCall, Call: &journal.Call{Op: op, Args: []string{socket, argument}, Out: out}}
	}
	for name, tt := range map[string]struct {
		forge func(j *journal.Journal)
		want  string
	}{
		"another's":       {func(j *journal.Journal) { j.Events[7].Packet.Bytes = nil }, "not checked: run 1: 1 packet whose bytes were not kept"},
		"of nothing said": {func(j *journal.Journal) { j.Events[2].Packet.Bytes = nil }, "journal.jsonl, run 1, event 3" + refused},
		"its own": {func(j *journal.Journal) {
			call(&j.Events[1], "a1", "bind", addrA, "")
			call(&j.Events[4], "b1", "getsockname", "", addrB)
			j.Events[7].Packet.Bytes = nil
		}, "journal.jsonl, run 1, event 8" + refused},
		"accepted": {func(j *journal.Journal) {
			call(&j.Events[1], "b9", "bind", addrB, "")
			call(&j.Events[4], "b9", "accept4", "", "b1 from "+addrA)
			j.Events[7].Packet.Bytes = nil
		}, "journal.jsonl, run 1, event 8" + refused},
		"closed by then": {func(j *journal.Journal) {
			call(&j.Events[1], "a1", "bind", addrA, "")
			call(&j.Events[4], "b1", "getsockname", "", addrB)
			call(&j.Events[6], "a1", "close", "", "")
			j.Events[7].Packet.Bytes = nil
		}, "not checked: run 1: 1 packet whose bytes were not kept"},
		"no plain TCP": {func(j *journal.Journal) {
			*j.Events[7].Packet = journal.Packet{Proto: "tcp fragment", At: journal.AtDelivered}
		}, "journal.jsonl, run 1, event 8" + refused},
	} {
		t.Run(name, func(t *testing.T) {
			j := captured(cross(t, addrA, addrB), journal.HostNet)
			tt.forge(&j)
			wantFound(t, rendered(t, New(reportOf(j), How{Repeat: 1})), elsewhere(), tt.want)
		})
	}
	// What the redactor leaves out is told of.
	j := captured(cross(t, addrA, addrB), journal.HostNet)
	j.Events[7].Packet = &journal.Packet{Proto: "udp", Src: "192.0.2.1", Dst: "192.0.2.2", At: journal.AtDelivered, Bytes: []byte{0x45, 1}}
	b := New(reportOf(j), How{Repeat: 1, Names: &Names{}, Judge: judged})
	if b.Report.Runs[0].Events[7].Packet.Bytes != nil {
		t.Fatal("it is kept")
	}
	wantFound(t, rendered(t, b), judge, "not checked: run 1: 1 packet whose bytes were not kept")
}
