package claim

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/journal"
)

// Opening lists the segments by which connections were opened: those with a
// SYN, and the acknowledgements of nothing but it. Repetitions are left out.
func Opening(j *journal.Journal) []*journal.Event {
	var events []*journal.Event
	first := map[direction]uint32{} // the sequence number after each SYN
	for _, s := range News(j) {
		p := s.Packet()
		way := direction{p.Src, p.Dst}
		syn := slices.Contains(p.Flags, "SYN")
		if syn {
			first[way] = p.Seq + 1
		}
		begun, sent := first[way]
		answered, both := first[direction{p.Dst, p.Src}]
		if syn || sent && both && HasFlags(s.Event, "ACK") && p.Len == 0 && p.Seq == begun && p.Ack == answered {
			events = append(events, s.Event)
		}
	}
	return events
}

// Closing lists the segments by which connections were closed: those with a
// FIN, the acknowledgements of one, and a RST after one. Repetitions are left out.
func Closing(j *journal.Journal) []*journal.Event {
	var events []*journal.Event
	end := map[direction]uint32{} // the sequence number after each FIN
	for _, s := range News(j) {
		p := s.Packet()
		fin := slices.Contains(p.Flags, "FIN")
		if fin {
			end[direction{p.Src, p.Dst}] = p.Seq + uint32(p.Len) + 1
		}
		acked, closed := end[direction{p.Dst, p.Src}]
		if fin || closed && (p.Ack == acked || slices.Contains(p.Flags, "RST")) {
			events = append(events, s.Event)
		}
	}
	return events
}

// Only is a journal without the packets of other connections than those
// between the addresses given: on the caller's own stack others' pass too.
func Only(j *journal.Journal, addresses ...string) *journal.Journal {
	own := *j
	own.Events = slices.DeleteFunc(slices.Clone(j.Events), func(e journal.Event) bool {
		return e.Packet != nil && (!slices.Contains(addresses, e.Packet.Src) || !slices.Contains(addresses, e.Packet.Dst))
	})
	return &own
}

// maxFlags bounds how many segments a sentence names.
const maxFlags = 8

// FlagsOf names segments by their flags: "SYN, SYN+ACK, ACK". PSH is left out:
// it says nothing of a connection's state.
func FlagsOf(events []*journal.Event) string {
	var names []string
	for i, e := range events {
		if i == maxFlags {
			names = append(names, fmt.Sprintf("… %d more", len(events)-i))
			break
		}
		flags := slices.DeleteFunc(slices.Clone(e.Packet.Flags), func(f string) bool { return f == "PSH" })
		names = append(names, strings.Join(flags, "+"))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
