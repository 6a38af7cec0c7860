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

	alike string // the same without what follows from the machine: which MSS and window scale, whether timestamps
}

// Alike says whether two steps are the same, but for what follows from the machine.
func (s *Step) Alike(o *Step) bool { return s.alike == o.alike }

// MachineOptions are the options of a segment that follow from the machine, by what they say: the MSS from
// its interface, the window scale from its memory (tcp_rmem), timestamps from a setting.
func MachineOptions(p *journal.Packet) map[string]string {
	is := map[string]string{}
	for _, kind := range p.Options.Kinds() {
		switch name, value, _ := strings.Cut(kind, " "); name {
		case "mss":
			is["MSS"] = value
		case "wscale":
			is["window scale"] = value
		case "TS":
			is["timestamps"] = "yes"
		}
	}
	return is
}

// anyMachine are a segment's options on any machine.
func anyMachine(kinds []string) []string {
	var all []string
	for _, kind := range kinds {
		if name, _, _ := strings.Cut(kind, " "); name != "TS" {
			all = append(all, name)
		}
	}
	return all
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
		var options []string
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
			options = p.Options.Kinds()
		}
		steps = append(steps, Step{Event: e.N, Text: printable(text + inAngles(options)), alike: text + inAngles(anyMachine(options))})
	}
	return steps
}

func inAngles(options []string) string {
	if len(options) == 0 {
		return ""
	}
	return " <" + strings.Join(options, ", ") + ">"
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
			s.alike = s.Text
			if len(h.States[k].Events) > 0 {
				s.Event = h.States[k].Events[0]
			}
			steps = append(steps, s)
		}
	}
	return steps
}
