package main

import (
	"fmt"
	"io"
)

// watchSchema names the records of a watch; docs/schema/watch.json describes them.
const watchSchema = "sockproof/watch/v1"

// ending are the sockets that are opening or ending, as a look finds them: those that stay since
// before a watch, and those of which the kernel tells a watch nothing.
type ending struct {
	Record    string         `json:"record,omitempty"` // before
	Schema    string         `json:"schema,omitempty"` // of the records
	States    map[string]int `json:"states"`           // of whole sockets
	SynRecv   int            `json:"syn_recv"`         // handshakes that a listener has under way
	TimeWait  int            `json:"time_wait"`
	FinWait2  int            `json:"fin_wait2_handed_over"` // orphans that the kernel keeps without a socket
	Truncated bool           `json:"truncated,omitempty"`   // the table changed meanwhile: some may be missing
}

func (e *ending) write(out io.Writer) {
	if len(e.States) > 0 {
		fmt.Fprintf(out, "already there, and not told again: %s; sockscan says more\n", countsText(e.States))
	}
}

// unseen lists those of which the kernel tells no change.
func (e *ending) unseen() string {
	text := fmt.Sprintf("%d handshakes under way (SYN_RECV), %d in TIME_WAIT, %d orphans in FIN_WAIT2", e.SynRecv, e.TimeWait, e.FinWait2)
	if e.Truncated {
		text += "; the table changed meanwhile, and some may be missing"
	}
	return text
}
