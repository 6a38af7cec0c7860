package report

import (
	"fmt"
	"strconv"
	"strings"

	"sockproof/lib/journal"
)

// Step is one thing of a run that can be compared with another run's: a packet,
// or a socket's new state.
type Step struct {
	Event int    `json:"event"` // its number
	Text  string `json:"text"`  // without times, and without what is left to chance: ports, absolute sequence numbers, how many attempts it took
}

// PacketSteps are the TCP segments of the steps, in order: where each was seen,
// its flags, its numbers from where its sender began, its options.
func (r *Run) PacketSteps() []Step {
	var (
		steps  []Step
		rel    relative
		routes = newRoutes(r)
		called = map[journal.Address]string{} // ends of connections by the order in which they appear
	)
	end := func(addr journal.Address, host string) string {
		name, ok := called[addr]
		if !ok {
			name = host + ":" + strconv.Itoa(len(called)+1)
			called[addr] = name
		}
		return name
	}
	for i := range r.Events {
		e := &r.Events[i]
		p := e.Packet
		if p == nil || p.Proto != "" || r.Played != 0 && e.N > r.Played {
			continue
		}
		from, to := routes.route(e)
		text := end(p.Src, from) + " → " + end(p.Dst, to) + " " + p.At
		if p.Copy {
			text += " copy"
		}
		if p.Bulk != nil {
			text += ", bulk"
			rel.skip(p)
		} else {
			rel.see(p)
			text += fmt.Sprintf(" %s seq=%d", flagNames(p), rel.seq(p))
			if p.Flags.Has(journal.ACK) {
				text += fmt.Sprintf(" ack=%d", rel.ack(p))
			}
			text += fmt.Sprintf(" len=%d", p.Len)
			if kinds := p.Options.Kinds(); len(kinds) > 0 {
				text += " <" + strings.Join(kinds, ", ") + ">"
			}
		}
		steps = append(steps, Step{e.N, printable(text)})
	}
	return steps
}

// StateSteps are the states of each socket, one socket after the other, in the
// order in which they were made.
func (r *Run) StateSteps() []Step {
	var steps []Step
	made := map[string]int{} // sockets that have states, by their hosts' names
	for i := range r.Histories {
		h := &r.Histories[i]
		// A socket's own number counts attempts that were not kept too.
		host := strings.TrimRight(h.Socket, "0123456789")
		made[host]++
		name := host + strconv.Itoa(made[host])
		for k := range h.States {
			s := Step{Text: printable(name + " " + h.States[k].State)}
			if len(h.States[k].Events) > 0 {
				s.Event = h.States[k].Events[0]
			}
			steps = append(steps, s)
		}
	}
	return steps
}
