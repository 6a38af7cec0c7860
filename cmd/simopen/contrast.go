package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// stride is one transition of a socket, with the segment that caused it.
type stride struct{ from, to, on string }

// strides lists a socket's transitions up to ESTABLISHED as TCP_INFO saw them,
// and the events they rest on.
func strides(j *journal.Journal, socket string) (all []stride, events []int) {
	for _, e := range claim.States(j, socket, journal.TCPInfo) {
		if e.State.From == "" {
			continue
		}
		cause := claim.Cause(j, e)
		s := stride{from: e.State.From, to: e.State.To}
		if cause != nil && cause.Packet != nil {
			s.on = claim.FlagsOf([]*journal.Event{cause})
		} else if cause != nil {
			s.on = cause.Call.Op
		}
		all = append(all, s)
		events = append(events, e.N)
		if e.State.To == journal.Established {
			break
		}
	}
	return all, events
}

// toItself is the socket of a run that connected to its own address.
func toItself(j *journal.Journal) (string, bool) {
	i := slices.IndexFunc(j.Sockets, func(s journal.Socket) bool {
		return s.Local != "" && s.Local == s.Remote && len(connected(j, s.ID)) > 0
	})
	if i < 0 {
		return "", false
	}
	return j.Sockets[i].ID, true
}

// alike compares the transitions of a simultaneous open with those of a
// self-connection.
func alike(j *journal.Journal) claim.Finding {
	p, f, ok := simultaneous(j)
	if !ok {
		return f
	}
	self, ok := toItself(j)
	if !ok {
		return claim.Unclear("no socket connected to itself")
	}
	want, cited := strides(j, self)
	for _, id := range []string{p.a, p.b} {
		got, events := strides(j, id)
		cited = append(cited, events...)
		if !slices.Equal(got, want) {
			return claim.Refute(cited, "%s went %s, %s, connected to itself, went %s", id, described(got), self, described(want))
		}
	}
	return claim.Confirm(cited, "%s, %s and the self-connected %s all went %s", p.a, p.b, self, described(want))
}

func described(all []stride) string {
	var parts []string
	for _, s := range all {
		parts = append(parts, s.to+" on "+s.on)
	}
	return strings.Join(parts, ", ")
}

var so8 = claim.Claim{
	ID: "SO8", Statement: "the code path is the same as self-connection's",
	Source: article004, Quantity: claim.Always,
	Precondition: "a simultaneous open and a self-connection in one run; what is compared are the transitions and the segments that cause them",
	Needs:        needsAll,
	Check:        alike,
}

// without is the finding where the simultaneous open that a scenario needs did not come
// about.
func without(j *journal.Journal, what string) claim.Finding {
	connects := claim.Calls(j, "", "connect")
	if f, ok := claim.ConnectFailed(connects[:min(2, len(connects))]); !ok {
		return f
	}
	return claim.Absent(claim.Refute(nil, "%s: %s", what, whyNot(j).Because))
}

// filtersDropped judges the scenario punch: what one side alone sends is
// dropped by the other's filter, and the simultaneous open gets through.
func filtersDropped(j *journal.Journal) claim.Finding {
	all := pairs(j)
	through, ok := opened(j)
	if !ok {
		return without(j, "the simultaneous open did not get through")
	}
	if len(all) != 1 {
		return claim.Unclear("%d pairs called each other, not one", len(all))
	}
	for _, c := range claim.Calls(j, "", "connect") {
		if c.Socket != through.a && c.Socket != through.b && len(connected(j, c.Socket)) > 0 {
			return claim.Refute(claim.Numbers(c), "the ordinary connect of %s got through", c.Socket)
		}
	}
	alone := map[string]*journal.Event{} // the host whose ordinary connect was dropped
	for _, e := range lost(j) {
		if claim.HasFlags(e, "SYN") {
			alone[e.Host] = e
		}
	}
	if alone["a"] == nil || alone["b"] == nil {
		return claim.Unclear("an ordinary connect was not tried, or not dropped, in both directions")
	}
	return claim.Confirm(append(claim.Numbers(alone["a"], alone["b"]), through.events...),
		"an ordinary connect was dropped by the other's filter both ways; %s and %s, calling each other, got through", through.a, through.b)
}

var punched = claim.Phenomenon{Needs: needsAll, Check: filtersDropped}

// clientWins judges the scenario listener: while a client on b calls, a's SYN
// goes to the client and not to the listener on the same port.
func clientWins(j *journal.Journal) claim.Finding {
	p, ok := opened(j)
	if !ok {
		return without(j, "the client beside the listener did not connect")
	}
	accepts := claim.Calls(j, "", "accept4")
	if len(accepts) < 2 {
		return claim.Unclear("the listener was not asked twice")
	}
	cited := append(slices.Clone(p.events), accepts[0].N, accepts[1].N)
	switch {
	case accepts[0].Call.Errno != "EAGAIN":
		return claim.Refute(cited, "the listener got a connection while the client called")
	case accepts[1].Call.Errno != "":
		return claim.Unclear("the listener got nothing even when no client called: %s", accepts[1].Call.Errno)
	}
	calls := claim.Calls(j, "", "connect")
	late := calls[len(calls)-1]
	return claim.Confirm(append(cited, late.N), "the SYN met the client that called, %s, and the listener on its port got nothing; when the client called later, the listener had the connection, and connect() ended with %s",
		p.b, errnoOr(late))
}

func errnoOr(e *journal.Event) string {
	if e.Call.Errno == "" {
		return "success"
	}
	return e.Call.Errno
}

var clientBeatsListener = claim.Phenomenon{Needs: []journal.Witness{journal.Calls, journal.TCPInfo}, Check: clientWins}
