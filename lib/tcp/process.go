package tcp

import (
	"cmp"
	"slices"

	"sockproof/lib/journal"
)

// Process is one that the steps started.
type Process struct {
	Started *journal.Event
	Ended   *journal.Event // killed or exited within the steps; nil: it outlived them
}

// Has says whether it was started with a socket.
func (p *Process) Has(s *Socket) bool {
	return s != nil && slices.Contains(p.Started.Process.Sockets, s.ID)
}

// Processes lists them in order.
func (v *View) Processes() []Process {
	return Derive(v, func(v *View) []Process {
		var all []Process
		by := map[int]int{} // the index in all, by the PID
		for _, e := range v.Events(func(e *journal.Event) bool { return e.Process != nil }) {
			switch pid := e.Process.PID; e.Process.Event {
			case "started":
				by[pid] = len(all)
				all = append(all, Process{Started: e})
			case "killed", "exited":
				if i, ok := by[pid]; ok {
					all[i].Ended = e
				}
			}
		}
		return all
	})
}

// Death is the end of a process that alone had the client's end of a connection: where another
// still has it, the kernel does nothing.
type Death struct {
	*Conn
	Process
	How string // "returned from main", "_exit", or the signal that ended it
}

// Deaths lists them.
func (v *View) Deaths() []Death {
	return Derive(v, func(v *View) []Death {
		var all []Death
		for _, p := range v.Processes() {
			for _, c := range v.Conns {
				if p.Ended != nil && p.Has(c.Client) && v.Holders(c.Client, p.Ended.N) == 1 {
					how := cmp.Or(string(p.Ended.Process.Signal), p.Ended.Process.How)
					all = append(all, Death{c, p, how})
				}
			}
		}
		return all
	})
}
