package evidence

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/packet"
)

// TestHiddenPayloadIsNamed: hashes in the place of what was sent are named as what nobody
// checked.
func TestHiddenPayloadIsNamed(t *testing.T) {
	p := &script{cross(t, addrA, addrB)}
	p.segment(t, addrA, addrB, packet.PSH|packet.ACK, "secret")
	b := New(reportOf(p.Journal), How{Repeat: 1, Theirs: true, HidePayload: true, Judge: judged})
	v := mustHold(t, rendered(t, b))
	if !slices.ContainsFunc(v.Unchecked, func(s string) bool {
		return strings.HasPrefix(s, "what was sent, of which length and hash are kept, in ")
	}) {
		t.Errorf("not checked: %v", v.Unchecked)
	}
}
