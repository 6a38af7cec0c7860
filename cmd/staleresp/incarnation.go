package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// timestampsSetting is whether a host offers TCP timestamps (RFC 7323).
const timestampsSetting = "net.ipv4.tcp_timestamps"

// haunt is a connection's segment that arrived in a later one between the same
// addresses and ports.
type haunt struct {
	sent, arrived *journal.Event
	dead, alive   *incarnated
	reply         question // what it says
}

// incarnated is a connection, and the call by which it began.
type incarnated struct {
	claim.Connection
	called *journal.Event
}

// incarnations lists the connections of a journal.
func incarnations(j *journal.Journal) []incarnated {
	conns := claim.Connections(j)
	all := make([]incarnated, 0, len(conns))
	for _, c := range conns {
		if calls := claim.Calls(c.Journal, c.Client, "connect"); len(calls) > 0 {
			all = append(all, incarnated{c, calls[0]})
		}
	}
	return all
}

// at is the last connection between two addresses that had been called for when
// something happened; nil: none had.
func at(all []incarnated, from, to string, e *journal.Event) *incarnated {
	var last *incarnated
	for i := range all {
		c := &all[i]
		if c.From == from && c.To == to && c.called.N < e.N {
			last = c
		}
	}
	return last
}

// haunts lists the replies of dead connections that arrived in a later one.
func haunts(j *journal.Journal) []haunt {
	var all []haunt
	var conns []incarnated
	for _, pair := range delayed(j) {
		q, ok := carries(pair.sent.Packet)
		if !ok {
			continue
		}
		if conns == nil {
			conns = incarnations(j)
		}
		p := pair.arrived.Packet
		pair.reply, pair.dead, pair.alive = q, at(conns, p.Dst, p.Src, pair.sent), at(conns, p.Dst, p.Src, pair.arrived)
		if pair.dead != nil && pair.dead.Client != pair.alive.Client {
			all = append(all, pair)
		}
	}
	return all
}

// delayed lists the segments that arrived after a call to connect that was made
// since they had been sent.
func delayed(j *journal.Journal) []haunt {
	var all []haunt
	sent := map[int]*journal.Event{}
	called := 0 // the number of the last such call
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.Call != nil && e.Call.Op == "connect":
			called = e.N
		case e.Packet == nil || e.Packet.Len == 0:
		case e.Packet.At == journal.AtSent:
			sent[e.N] = e
		case e.Packet.At == journal.AtDelivered || e.Packet.At == journal.AtInjected:
			if from := sent[e.Packet.Of]; from != nil && from.N < called {
				all = append(all, haunt{sent: from, arrived: e})
			}
		}
	}
	return all
}

// carries is the reply in a segment; ok: it has one.
func carries(p *journal.Packet) (q question, ok bool) {
	d, err := packet.Decode(p.Bytes)
	if err != nil {
		return q, false
	}
	q, _, ok = parse(d.Payload, replyWord)
	return q, ok
}

// taken is the exchange in which a reply of a dead connection was taken for the
// answer; ok: there is one.
func (h *haunt) taken(xs []exchange) (x exchange, ok bool) {
	for _, x := range on(h.alive.Client, h.arrived, xs) {
		if x.wrong() && x.reply == h.reply {
			return x, true
		}
	}
	return x, false
}

// fitted says whether its first byte was the very one that the client awaited.
func (h *haunt) fitted() bool {
	last := h.heard()
	return last != nil && last.Packet.Ack == h.sent.Packet.Seq
}

// heard is the last segment in which the client had said what it awaits.
func (h *haunt) heard() *journal.Event {
	var last *journal.Event
	for _, e := range h.alive.Sent(h.alive.Client, nil, h.arrived) {
		if slices.Contains(e.Packet.Flags, "ACK") {
			last = e
		}
	}
	return last
}

// stamped says whether a connection has timestamps: both ends have offered them.
func (c *incarnated) stamped() bool {
	for _, socket := range []string{c.Client, c.Server} {
		syn := claim.WithFlag(c.Sent(socket, nil, nil), "SYN")
		if syn == nil || optionOf(syn.Packet, timestampOption) == "" {
			return false
		}
	}
	return true
}

// timestampOption is how the journal names it, "TS val 7 ecr 5".
const timestampOption = "TS"

// stamps are the value and the echo in a segment's timestamps option; ok: it has
// one.
func stamps(p *journal.Packet) (value, echo uint32, ok bool) {
	n, _ := fmt.Sscanf(optionOf(p, timestampOption), "val %d ecr %d", &value, &echo)
	return value, echo, n == 2
}

// older says whether its timestamp is so far behind the last that the client has
// seen in the connection that PAWS does not tolerate it: more than one tick
// (TCP_PAWS_WINDOW in include/net/tcp.h).
func (h *haunt) older() bool {
	last := h.heard()
	if last == nil {
		return false
	}
	value, _, stamped := stamps(h.sent.Packet)
	_, recent, echoes := stamps(last.Packet)
	return stamped && echoes && int32(recent-value) > 1
}

// optionOf is the value of a segment's TCP option; "": it has none such.
func optionOf(p *journal.Packet, name string) string {
	for _, o := range p.Options {
		if value, is := strings.CutPrefix(o, name+" "); is {
			return value
		}
	}
	return ""
}

// window is how many sequence numbers the client would have accepted.
func (h *haunt) window() int64 {
	last := h.heard()
	if last == nil {
		return 0
	}
	w := int64(last.Packet.Win)
	if syn := claim.WithFlag(h.alive.Sent(h.alive.Client, nil, nil), "SYN"); syn != nil {
		if shift, err := strconv.Atoi(optionOf(syn.Packet, "wscale")); err == nil {
			w <<= shift
		}
	}
	return w
}

// noneHaunted is the finding where no segment of a dead connection arrived.
func noneHaunted(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no segment of a dead connection arrived in a later one between the same addresses and ports")
}

// rejected is the counter of what PAWS has dropped, in segments of open
// connections (LINUX_MIB_PAWSESTABREJECTED).
const rejected = "PAWSEstab"

// dropped is the reading by which PAWS had dropped something when the counters were
// read next; nil: it had not.
func (h *haunt) dropped(j *journal.Journal) *journal.Event {
	for i := range j.Events {
		e := &j.Events[i]
		if e.Counter != nil && e.N > h.arrived.N && e.Host == h.arrived.Host && e.Counter.Name == rejected && e.Counter.Delta > 0 {
			return e
		}
	}
	return nil
}

// why says what kept a segment from being taken, if that was seen.
func (h *haunt) why(j *journal.Journal) string {
	if h.dropped(j) == nil {
		return ""
	}
	return ": PAWS has dropped it (" + rejected + "), for the connection has timestamps"
}

// numbers are how many sequence numbers there are.
const numbers = 1 << 32

// odds says how likely it is for a segment with any number to be accepted.
func (h *haunt) odds() string {
	w := h.window()
	if w == 0 {
		return "how much the client would have accepted was not seen"
	}
	return fmt.Sprintf("the client would have accepted %d of the 4294967296 sequence numbers, so that a blind hit has odds of 1 in %d, and of 1 in 4294967296 to begin where the answer does; with a blind acknowledgement number they are smaller still", w, numbers/w)
}

var sr4 = claim.Claim{
	ID: "SR4", Statement: "even then, a stray reply of the old connection can be accepted by its incarnation (same addresses and ports) if its sequence number fits — possible in theory, practically never",
	Source: article000, Quantity: claim.Can,
	Precondition: "the connection has no TCP timestamps, and moved more bytes both ways than the clock of initial sequence numbers did (15.6 MB/s), so that its incarnation begins behind it",
	Needs:        needsPackets,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		all := haunts(j)
		for _, h := range all {
			x, ok := h.taken(xs)
			if !ok {
				continue
			}
			if !h.fitted() {
				return claim.Unclear("%s read the reply of the dead connection %s, but not as the bytes that it awaited next", h.alive.Client, h.dead.Client)
			}
			return claim.Confirm(cited([]exchange{x}, h.sent, h.heard(), h.arrived), "%s read the reply of the dead connection %s, and took it for the answer to %s: %s",
				h.alive.Client, h.dead.Client, x.request, h.odds())
		}
		if len(all) > 0 {
			return claim.Unclear("the reply of a dead connection arrived in the next one, and was not taken%s", all[0].why(j))
		}
		return noneHaunted(j)
	}),
}

var sr11 = claim.Claim{
	ID: "SR11", Statement: "with TCP timestamps on, PAWS rejects the old connection's segment",
	Source: rfc7323, Quantity: claim.Always,
	Precondition: "its sequence number is the one awaited, and its timestamp older by more than one tick",
	Needs:        needsCount,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		var told []int
		for _, h := range haunts(j) {
			if !h.fitted() || !h.alive.stamped() || !h.older() {
				continue
			}
			if x, ok := h.taken(xs); ok {
				return claim.Refute(cited([]exchange{x}, h.sent, h.arrived), "%s read the reply of the dead connection %s", h.alive.Client, h.dead.Client)
			}
			if e := h.dropped(j); e != nil {
				told = append(told, claim.Numbers(h.sent, h.heard(), h.arrived, e)...)
			}
		}
		if told == nil {
			return noneHaunted(j)
		}
		return claim.Confirm(told, "the segment had the number that was awaited, and nobody read it: %s counted one", rejected)
	}),
}

var sr12 = claim.Claim{
	ID: "SR12", Statement: "SO_LINGER {on, 0} skips TIME_WAIT, so an incarnation is possible at once",
	Source: article000, Quantity: claim.Always,
	Precondition: "the client closes with it, and calls the same address from the same port again",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		var told []int
		all := incarnations(j)
		for i := range all {
			c := &all[i]
			dead := at(all, c.From, c.To, c.called)
			if dead == nil || !dead.lingersNot() {
				continue
			}
			for _, socket := range []string{dead.Client, dead.Server} {
				if waits := claim.Entered(dead.Journal, socket, journal.TimeWait); len(waits) > 0 {
					return claim.Refute(claim.Numbers(waits[0]), "%s came to TIME_WAIT", socket)
				}
			}
			open := claim.Entered(c.Journal, c.Client, journal.Established)
			if len(open) == 0 {
				return claim.Refuse(j, claim.Numbers(c.called), "%s called again from the same port, and was not connected", c.Client)
			}
			told = append(told, claim.Numbers(claim.Calls(dead.Journal, dead.Client, "close")[0], c.called, open[0])...)
		}
		if told == nil {
			if f, ok := claim.Complete(j); !ok {
				return f
			}
			return claim.Unclear("no address was called again from the same port")
		}
		return claim.Confirm(told, "no end came to TIME_WAIT, and the client was connected again from the same port to the same")
	},
}

// lingersNot says whether the client has closed with SO_LINGER {on, 0}.
func (c *incarnated) lingersNot() bool {
	for _, e := range claim.Calls(c.Journal, c.Client, "setsockopt") {
		if e.Call.Errno == "" && slices.Contains(e.Call.Args, "{1, 0}") {
			return len(claim.Calls(c.Journal, c.Client, "close")) > 0
		}
	}
	return false
}

// overtaken is why a reply is not let go: the next connection begins beyond it.
const overtaken = "its number is behind"

// tooSlow says so where that is why nothing arrived.
func tooSlow(j *journal.Journal) string {
	for _, e := range claim.Packets(j, journal.AtDropped) {
		if e.Packet.Reason == overtaken {
			return ": the machine was too slow to move bytes faster than the clock of initial sequence numbers"
		}
	}
	return ""
}

// incarnate is the phenomenon: somebody was told the answer of a dead connection.
var incarnate = claim.Phenomenon{
	Needs: needsPackets,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		all := haunts(j)
		for _, h := range all {
			if x, ok := h.taken(xs); ok {
				return claim.Confirm(cited([]exchange{x}, h.sent, h.arrived), "%s was told that %s has won %s: the reply of a connection that was dead", x.request.user, x.reply.user, x.prize)
			}
		}
		if len(all) == 0 {
			return claim.Refuse(j, nil, "no reply of a dead connection arrived in its incarnation%s", tooSlow(j))
		}
		h := all[len(all)-1]
		return claim.Refuse(j, claim.Numbers(h.sent, h.arrived, h.dropped(j)), "the dead connection's reply arrived, and nobody took it%s", h.why(j))
	}),
}
