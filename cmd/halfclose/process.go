package main

import (
	"fmt"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// death is the end of a process that alone held a connection.
type death struct {
	claim.Connection
	event  *journal.Event
	how    string // "returned from main", "_exit", "SIGKILL"
	unread int64
	sent   []*journal.Event
}

// deaths lists the ends of processes, with what each put on the wire.
func deaths(j *journal.Journal) []death {
	var all []death
	owned := map[int][]string{} // by pid
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.Process == nil:
		case e.Process.Event == "started":
			owned[e.Process.PID] = e.Process.Sockets
		case (e.Process.Event == "exited" || e.Process.Event == "killed") && (j.Played == 0 || e.N <= j.Played):
			for _, c := range claim.Connections(j) {
				for _, s := range owned[e.Process.PID] {
					if s == c.Client && claim.Holders(j, s, e) == 1 {
						all = append(all, deathOf(c, e))
					}
				}
			}
		}
	}
	return all
}

func deathOf(c claim.Connection, e *journal.Event) death {
	w := wayOf(c, c.Client, nil)
	d := death{Connection: c, event: e, how: e.Process.How, unread: w.Unread(c.Client, e)}
	if e.Process.Signal != "" {
		d.how = e.Process.Signal
	}
	d.sent = claim.Farewells(w.Sent(c.Client, e, nil))
	return d
}

// notSeenToEnd is a socket of a process of whose end not all was seen: who held
// the socket, what ended the process, and what the socket sent then; "" if there
// is none.
func notSeenToEnd(j *journal.Journal) string {
	seen := map[string]bool{}
	for _, d := range deaths(j) {
		seen[d.Client] = len(d.sent) > 0
	}
	for _, c := range claim.Connections(j) {
		seen[c.Server] = true // the peers' ends are not the processes'
	}
	for _, s := range j.Sockets {
		if s.Remote != "" && !seen[s.ID] {
			return s.ID
		}
	}
	return ""
}

// processesSay judges what each process's end put on the wire: with nothing
// unread, and with something.
func processesSay(j *journal.Journal, unread bool, flag string) claim.Finding {
	var (
		cited []*journal.Event
		told  []string
	)
	for _, d := range deaths(j) {
		if d.unread > 0 != unread {
			continue
		}
		sent := claim.WithFlag(d.sent, flag)
		if sent == nil {
			return claim.Refuse(j, claim.Numbers(append(d.sent, d.event)...), "%s: %s sent %s, no %s", d.how, d.Client, claim.FlagsOf(d.sent), flag)
		}
		cited = append(cited, d.event, sent)
		told = append(told, d.how)
	}
	if len(cited) == 0 {
		return claim.Unclear("no process was seen to end so")
	}
	after := "with nothing unread"
	if unread {
		after = "with data unread"
	}
	return claim.Confirm(claim.Numbers(cited...), "%s %s (%s)", flag, after, strings.Join(told, ", "))
}

var hc18 = claim.Claim{
	ID: "HC18", Statement: "a process that exits or is killed sends FIN for its sockets, nothing being unread",
	Source: article000 + "; " + article004, Quantity: claim.Always,
	Precondition: "all that had come to the socket was read when the process ended",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		f := processesSay(j, false, "FIN")
		if s := notSeenToEnd(j); f.Verdict == claim.Confirmed && s != "" {
			return claim.Unclear("not every end was seen: the process that alone held %s, what ended it, and what %s sent then", s, s)
		}
		return f
	},
}

var hc49 = claim.Claim{
	ID: "HC49", Statement: "a process that exits or is killed always sends FIN, data unread or not",
	Source: "folklore", Quantity: claim.Always,
	Precondition: "something was unread when a process ended",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		if rst := processesSay(j, true, "RST"); rst.Verdict == claim.Confirmed {
			return claim.Refute(rst.Events, "%s", rst.Because)
		}
		unread := processesSay(j, true, "FIN")
		if unread.Verdict != claim.Confirmed {
			return unread
		}
		plain := hc18.Check(j)
		if plain.Verdict != claim.Confirmed {
			return plain
		}
		return claim.Confirm(append(plain.Events, unread.Events...), "%s; %s", plain.Because, unread.Because)
	},
}

// seconds renders nanoseconds for a sentence.
func seconds(ns int64) string { return fmt.Sprintf("%.1f s", float64(ns)/1e9) }
