package journal

import "strings"

// Process is a step in the life of a child that owns sockets.
type Process struct {
	PID         int         `json:"pid"`
	Event       string      `json:"event"` // started, exited, killed; Began: a thread of its own began a call; blocked: it waits in one; signalled: one got a signal; looked at: its disposition was read; HeldUp: it did not run
	Status      int         `json:"status"`
	Signal      Signal      `json:"signal,omitempty"`      // the signal it died of: "SIGPIPE"
	Disposition Disposition `json:"disposition,omitempty"` // of SIGPIPE in it: default, ignore
	Sockets     []string    `json:"sockets,omitempty"`     // the ids of those it was started with
	How         string      `json:"how,omitempty"`         // exited: "returned from main", "_exit"; blocked: "read(a1)"; started: the program's name
	ForNS       int64       `json:"for_ns,omitempty"`      // held up: how long, in nanoseconds from the event's time
	MaxRSS      int64       `json:"max_rss,omitempty"`     // exited, killed: of another program, the most memory it had, in bytes
}

// HeldUp is the event of a process that did not run for a while, though it had
// something to do: it was stopped and continued, of which its Signal tells, or its
// machine was busy or paused. The kernel's timers went on; and being stopped
// interrupts calls that block (signal(7)).
const HeldUp = "held up"

// Began is the event of a thread of this program, other than the run's, that begins
// a call: how is the call's text. The call itself is journalled when it returns.
const Began = "began"

// Inside is the call that a thread began or waits in, without its result; nil: the event
// is not about one.
func (p *Process) Inside() *Call {
	op, rest, begun := strings.Cut(p.How, "(")
	args, whole := strings.CutSuffix(rest, ")")
	if !begun || !whole {
		return nil
	}
	return &Call{Op: op, Args: strings.Split(args, ", ")}
}

func (p Process) masked(m Mask) *Process {
	p.How = m.Text(p.How)
	return &p
}
