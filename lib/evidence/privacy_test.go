package evidence

import (
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// TestPrivacyIsNoText: what a bundle says of what it hides is told in the program's own
// words, so nothing else may stand there.
func TestPrivacyIsNoText(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Machine)
		want   string
	}{
		"a lie": {
			func(m *Machine) { m.Privacy.Replaced = []Replaced{{"ERRATUM: SC1 is refuted", "nothing", -7}} },
			`machine.json: says that "ERRATUM: SC1 is refuted" was replaced with "nothing" -7 times, which no version does`,
		},
		"another's words": {func(m *Machine) { m.Privacy.Replaced = []Replaced{{"path", "the truth", 1}} }, `machine.json: says that "path" was replaced with "the truth"`},
		"no times":        {func(m *Machine) { m.Privacy.Replaced = []Replaced{{"path", "its base name", 0}} }, `machine.json: says that "path" was replaced`},
		"no payload": {func(m *Machine) {
			m.Privacy.Replaced = []Replaced{{"payload", "its length and hash, and zeros in packets", 1}}
		}, "machine.json: what it says of payload is not what"},
		"checksums": {func(m *Machine) { m.Completed = 1e12 }, "machine.json: says that 1000000000000 checksums were completed, of 0 packets"},
	} {
		b := sample(t)
		tt.change(&b.Machine)
		t.Run(name, func(t *testing.T) { wantFound(t, rendered(t, b), judge, tt.want) })
	}
}

// TestHiddenPayloadIsNamed: hashes in the place of what was sent are said, have their
// form, and are named as what nobody checked.
func TestHiddenPayloadIsNamed(t *testing.T) {
	p := &play{cross(t, addrA, addrB)}
	p.segment(t, addrA, addrB, packet.PSH|packet.ACK, "secret")
	b := New(reportOf(p.Journal), How{Repeat: 1, Theirs: true, HidePayload: true, Judge: judged})
	wantFound(t, rendered(t, b), judge, "not checked: what was sent, of which length and hash are kept, in ")
	for _, d := range []journal.Digest{{Len: 6, SHA256: "cafe"}, {Len: -1, SHA256: hashOf(nil)}} {
		events := b.Report.Runs[0].Events
		for i := range events {
			if c := events[i].Packet; c != nil && c.Payload != nil {
				*c.Payload = d
			}
		}
		wantFound(t, rendered(t, b), judge, "journal.jsonl, run 1, event 7: has no length and hash of what was sent")
	}
	b.Machine.Privacy.Replaced = nil
	wantFound(t, rendered(t, b), judge, "machine.json: what it says of payload")
}

// TestRedactedShowsNoAddress: who says that addresses were replaced shows none.
func TestRedactedShowsNoAddress(t *testing.T) {
	j := revealing(t, secretA, secretB)
	b := New(reportOf(j), How{Repeat: 1, Theirs: true})
	b.Machine.Privacy.Redacted = true
	wantFound(t, rendered(t, b), judge, "journal.jsonl, run 1: shows the address 10.20.30.40, though machine.json says that addresses were replaced")
}
