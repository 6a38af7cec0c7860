package scenario

import (
	"time"

	"sockproof/lib/journal"
)

// Conditions say how a scenario is to be run.
type Conditions struct {
	Network  journal.Network // empty: the strongest that can be had
	Family   journal.Family
	Timeout  time.Duration                    // of the whole run
	Began    time.Time                        // when the program did, for runs to say when they did; zero: not told
	Option   func(name string) string         // the binary's own flags
	Full     bool                             // scenarios that have a shortened form take all their steps
	Progress func(text string)                // shown while it takes long; may be nil
	Announce func(format string, args ...any) // shown at once; may be nil
	Caller   map[string]string                // kernel settings as they are outside, for scenarios that want the same
	Stream   func(e journal.Event)            // gets each event as it is recorded; may be nil
	Moves    *Moves                           // what becomes of each packet on the wire; nil: it takes its turn
	Alter    func(t *T)                       // changes the world before the first step: for controls
	Run      int                              // the run's number, from 1
	First    int                              // the number of its first event
	Missing  map[journal.Network]string       // networks found wanting earlier, and why
	NoTUN    error                            // the wire goes over veth pairs, for this reason; nil: where no TUN can be opened
}

// stoppedBy explains why a run ended before its last step.
func stoppedBy(cause error) string {
	if cause == nil {
		return ""
	}
	return cause.Error()
}
