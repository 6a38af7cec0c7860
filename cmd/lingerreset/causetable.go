package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// sender names who sends a cause's RST: a socket, or a kernel without one.
func (k *cause) sender() string {
	s, host := k.Client, "a"
	if k.byServer {
		s, host = k.Server, "b"
	}
	if s == nil || k.noSocket {
		return "the kernel of " + host
	}
	return s.ID
}

// counters lists the kernel's counters that moved because of it and say why a RST was sent.
func (k *cause) counters(v *tcp.View) []*journal.Event {
	return tcp.Where(v.CountedNext(k.by.N), func(e *journal.Event) bool { return says(e.Counter.Name) })
}

// says says whether a counter says why a RST was sent.
func says(name string) bool {
	return strings.HasPrefix(name, "TCPAbort") || strings.HasPrefix(name, "Listen") || slices.Contains([]string{"TCPKeepAlive", "AttemptFails", "EmbryonicRsts"}, name)
}

// results is what the calls of one end returned after what brought it about.
func (k *cause) results(s *tcp.Socket) claim.Cell {
	if s == nil {
		return claim.Told("no socket")
	}
	calls := tcp.Where(s.CallsOf(k.by.N-1, 0, append([]string{"read", "close", "getsockopt"}, tcp.Sending...)...), func(e *journal.Event) bool {
		return e.Call.Op != "getsockopt" || e.Call.Option() == journal.SOError
	})
	var said []string
	for _, e := range calls {
		said = append(said, strings.TrimPrefix(e.Call.Op+" "+claim.Returned(e), "getsockopt "))
	}
	return claim.Told(strings.Join(said, ", "), calls...)
}

// compareCauses is the table: a row for each cause.
func compareCauses(v *tcp.View) *claim.Comparison {
	return claim.Down("What drew a RST", causesOf(v), func(k *cause) string { return k.name },
		claim.Show("RST from", func(k *cause) claim.Cell {
			switch {
			case k.rst != nil:
				return claim.Told(k.sender(), k.rst.Event)
			case v.Journal.Attached(journal.Packets):
				return claim.Told("none")
			}
			return claim.Told("")
		}),
		claim.Show("as", func(k *cause) claim.Cell {
			if k.rst == nil {
				return claim.Told("")
			}
			return claim.Told(claim.Named([]*tcp.Segment{k.rst}), k.rst.Event)
		}),
		claim.Show("counters", func(k *cause) claim.Cell {
			var names []string
			moved := k.counters(v)
			for _, e := range moved {
				names = append(names, e.Counter.Name)
			}
			return claim.Told(strings.Join(names, " "), moved...)
		}),
		claim.Show("calls of the one", func(k *cause) claim.Cell { return k.results(k.Client) }),
		claim.Show("calls of the other", func(k *cause) claim.Cell { return k.results(k.Server) }),
	)
}
