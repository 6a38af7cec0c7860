package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// What SO_LINGER was read as, and a fate that only the wire decides, are held against the rest.
func TestLingerAndFates(t *testing.T) {
	const exit, off = "lingerreset/exit", "lingerreset/linger-off"
	found(t, []lie{
		{"no struct linger", exit, R6, "b9", func(a *altered) { a.call("b9", "getsockopt", 0).Call.Out = "0" }},
		{"on, and a FIN", off, R6, "a1", func(a *altered) { a.call("a1", "getsockopt", 0).Call.Out = "{1, 0}" }},
		{"off, and a RST", exit, R6, "b9", func(a *altered) { a.call("b9", "getsockopt", 0).Call.Out = "{0, 0}" }},
		{"other than it was set", exit, R6, "a2", func(a *altered) {
			after := *a.call("a2", "setsockopt", 0)
			after.Call = &journal.Call{Op: "getsockopt", Args: []string{"a2", "SO_LINGER"}, Out: "{1, 9}"}
			a.put(after.N+1, after)
		}},
		{"dropped without a wire", exit + "-loopback", R4, "a1", func(a *altered) {
			a.nth("RST", 0, func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Flags.Has(rstFlag) }).Packet.At = journal.AtDropped
		}},
		{"a signal at its default", "lingerreset/sigpipe", R2, "a5", func(a *altered) { a.call("a5", "sendmsg", 0).Call.Signal = "SIGPIPE" }},
		{"a call that outlasts the run", "lingerreset/linger-n", R6, "a4", func(a *altered) { a.call("a4", "close", 0).Call.TookNS = 1e12 }},
	})
}
