package evidence

import (
	"fmt"
	"net/netip"
	"slices"

	"sockproof/lib/journal"
)

// A journal that a run has recorded does not contradict itself, whoever judges it.
// What is checked here holds of every journal that this program, and each before it,
// has written; what only most have is not asked.

// knownWitnesses are those there are.
var knownWitnesses = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag, journal.Counters, journal.Trace}

// ofStates are those that see sockets' states.
var ofStates = []journal.Witness{journal.TCPInfo, journal.SockDiag, journal.Trace}

// watched checks who watched, before anything is judged: of witnesses that there are
// not there may be any number, and their states are compared with each other.
func watched(j *journal.Journal) error {
	known := func(event int, w journal.Witness, among []journal.Witness) error {
		if slices.Contains(among, w) {
			return nil
		}
		if slices.Contains(knownWitnesses, w) {
			return &alteredError{Problem{File: fileJournal, Run: j.Run, Event: event, Text: fmt.Sprintf("the witness %s sees no states", w)}}
		}
		return &alteredError{Problem{File: fileJournal, Run: j.Run, Event: event, Text: fmt.Sprintf("there is no witness %q", w)}}
	}
	listed := map[journal.Witness]bool{}
	for _, s := range j.Witnesses {
		if err := known(0, s.Name, knownWitnesses); err != nil {
			return err
		}
		if listed[s.Name] {
			return &alteredError{Problem{File: fileJournal, Run: j.Run, Text: fmt.Sprintf("it lists the witness %s twice", s.Name)}}
		}
		listed[s.Name] = true
	}
	for i := range j.Events {
		e := &j.Events[i]
		if e.State == nil && e.Sample == nil && e.Table == nil {
			continue
		}
		if err := known(e.N, witnessOf(e), ofStates); err != nil {
			return err
		}
	}
	return nil
}

// witnessOf is who saw what an event tells; "": nobody but the run itself.
func witnessOf(e *journal.Event) journal.Witness {
	switch {
	case e.Call != nil:
		return journal.Calls
	case e.Packet != nil:
		return journal.Packets
	case e.State != nil:
		return e.State.Witness
	case e.Sample != nil:
		return e.Sample.Witness
	case e.Table != nil:
		return e.Table.Witness
	case e.Reset != nil:
		return journal.Trace
	}
	return "" // counters too: one that could not be read at the end was read before
}

// wellFormed checks that no journal contradicts itself.
func (v *verifier) wellFormed() {
	for i := range v.journals {
		for _, p := range wellFormed(&v.journals[i]) {
			v.problem(p)
		}
	}
	v.unkept()
	v.unknownKinds()
	v.checked("%s: what is said of times, witnesses, sockets and packets' journeys does not contradict itself", count(int64(len(v.journals)), "journal"))
}

// wellFormed lists where a journal contradicts itself.
func wellFormed(j *journal.Journal) []Problem {
	c := &checker{Journal: j, sent: map[int]*journal.Event{}, hosts: map[netip.Addr]string{}, of: map[string]string{}}
	c.head()
	c.sockets()
	for i := range j.Events {
		c.event(&j.Events[i])
	}
	return c.found
}

// checker goes through a journal.
type checker struct {
	*journal.Journal
	found []Problem
	now   int64                  // the time of what was recorded last
	sent  map[int]*journal.Event // packets, by the number of the event in which they left
	hosts map[netip.Addr]string  // whose an address is, on the wire
	of    map[string]string      // whose a socket is
}

func (c *checker) problem(event int, format string, args ...any) {
	c.found = append(c.found, Problem{File: fileJournal, Run: c.Run, Event: event, Text: fmt.Sprintf(format, args...)})
}

// head checks what is said of the run as a whole.
func (c *checker) head() {
	if !slices.Contains(journal.Networks(), c.Network) {
		c.problem(0, "there is no network %q", c.Network)
	}
	if c.Family != journal.IPv4 && c.Family != journal.IPv6 {
		c.problem(0, "there is no family %q", c.Family)
	}
	for _, w := range c.Witnesses {
		if w.Status != journal.Attached && w.Status != journal.Unavailable || w.Lost < 0 {
			c.problem(0, "the witness %s cannot be %q and have lost %d events", w.Name, w.Status, w.Lost)
		}
	}
	if c.ElapsedNS < 0 || c.BeganNS < 0 {
		c.problem(0, "it began after %d ns and took %d", c.BeganNS, c.ElapsedNS)
	}
	// A play that recorded nothing ended before the first event, which is torn down.
	if n := len(c.Events); c.Played < 0 || n > 0 && c.Played != 0 && (c.Played < c.Events[0].N-1 || c.Played > c.Events[n-1].N) {
		c.problem(0, "its play ended with event %d, which is none of it", c.Played)
	}
}

// sockets checks the run's sockets.
func (c *checker) sockets() {
	for _, s := range c.Sockets {
		if _, listed := c.of[s.ID]; listed {
			c.problem(0, "it lists the socket %s twice", s.ID)
		}
		c.of[s.ID] = s.Host
		for _, text := range []string{s.Local, s.Remote} {
			if text == "" {
				continue // not bound, not connected
			}
			if a, err := netip.ParseAddrPort(text); err != nil || !c.fits(a.Addr()) {
				c.problem(0, "the socket %s cannot have the address %q in %s", s.ID, text, c.Family)
			}
		}
	}
}

// fits says whether an address is of the run's family.
func (c *checker) fits(a netip.Addr) bool { return a.Is4() == (c.Family == journal.IPv4) }

// event checks one event.
func (c *checker) event(e *journal.Event) {
	c.clock(e)
	if w := witnessOf(e); w != "" && !c.Attached(w) {
		c.problem(e.N, "the witness %s saw it, and was not attached", w)
	}
	// One that never had an address is not listed.
	if host, listed := c.of[e.Socket]; listed && host != e.Host {
		c.problem(e.N, "the socket %s is of host %s, not of %q", e.Socket, host, e.Host)
	}
	switch {
	case e.Call != nil && len(e.Call.Data) > 0 && e.Call.Digest != nil:
		c.problem(e.N, "what it moved is kept, and its hash instead")
	case e.State != nil:
		c.state(e.N, e.State.From, e.State.To)
	case e.Sample != nil:
		c.state(e.N, e.Sample.State)
	case e.Table != nil:
		c.state(e.N, e.Table.States...)
	case e.Fold != nil:
		if what := misfolded(e, c.ElapsedNS); what != "" {
			c.problem(e.N, "%s", what)
		}
	case e.Packet != nil && e.Packet.Bulk != nil:
		if what := miscounted(c.Journal, e.Packet); what != "" {
			c.problem(e.N, "%s", what)
		}
	case e.Packet != nil:
		c.packet(e)
	}
}

// clock checks an event's time. A call has that of its beginning, and so has a
// signal, that may end the call at once; all else is recorded as it is seen.
func (c *checker) clock(e *journal.Event) {
	took := int64(0)
	switch {
	case e.Call != nil:
		took = e.Call.TookNS
	case e.Process != nil:
		took = e.Process.ForNS
	}
	switch {
	case e.T < 0 || took < 0 || e.T > c.ElapsedNS || took > c.ElapsedNS-e.T:
		c.problem(e.N, "at %d ns, for %d ns, it was not within the run's %d ns", e.T, took, c.ElapsedNS)
	case e.Call != nil || e.Process != nil:
	case e.T < c.now:
		c.problem(e.N, "at %d ns it was before what was recorded before it, at %d ns", e.T, c.now)
	default:
		c.now = e.T
	}
}

// states are those that a witness can name; "" is that it saw none before.
var states = []string{
	"", journal.Close, journal.Listen, journal.SynSent, journal.SynRecv, journal.Established, journal.FinWait1, journal.FinWait2,
	journal.Closing, journal.TimeWait, journal.CloseWait, journal.LastAck, journal.Gone,
}

func (c *checker) state(event int, names ...string) {
	for _, name := range names {
		if !slices.Contains(states, name) {
			c.problem(event, "there is no state %q", name)
		}
	}
}
