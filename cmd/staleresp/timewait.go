package main

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// Settings that say what becomes of a TIME_WAIT.
const (
	reuseSetting   = "net.ipv4.tcp_tw_reuse"
	rfc1337Setting = "net.ipv4.tcp_rfc1337"
	rangeSetting   = "net.ipv4.ip_local_port_range"
)

// reopening is a call to where an earlier connection was in TIME_WAIT, from the
// same port as far as the caller had a say in it.
type reopening struct {
	call   *journal.Event // connect
	dead   *incarnated
	waits  *journal.Event // an end of it entered TIME_WAIT
	bind   *journal.Event // that chose the port; nil: the kernel did
	opened *journal.Event // the new connection was established; nil: it was not
	haunt  *haunt         // the dead connection's reply that arrived in it; nil: none did
	reuse  string         // tcp_tw_reuse of the caller's host, if the run set it
}

// reopenings lists them.
func reopenings(j *journal.Journal) []reopening {
	if !slices.ContainsFunc(j.Events, func(e journal.Event) bool { return e.State != nil && e.State.To == journal.TimeWait }) {
		return nil
	}
	var all []reopening
	conns := incarnations(j)
	strays := haunts(j)
	for _, call := range claim.Calls(j, "", "connect") {
		r := reopening{call: call, bind: bindOf(j, call), reuse: settingAt(j, call.Host, reuseSetting, call)}
		for i := range conns {
			c := &conns[i]
			if c.called.N >= call.N || c.To != remoteOf(call) || !r.isFrom(j, c.From) {
				continue
			}
			if waits := c.waitsAt(call); waits != nil {
				r.dead, r.waits = c, waits
			}
		}
		if r.dead == nil {
			continue
		}
		if entered := claim.Entered(j, call.Socket, journal.Established); len(entered) > 0 {
			r.opened = entered[0]
		}
		for i := range strays {
			if strays[i].alive.Client == call.Socket && strays[i].dead.Client == r.dead.Client {
				r.haunt = &strays[i]
			}
		}
		all = append(all, r)
	}
	return all
}

// remoteOf is the address that a call names, its last argument.
func remoteOf(call *journal.Event) string {
	if len(call.Call.Args) == 0 {
		return ""
	}
	return call.Call.Args[len(call.Call.Args)-1]
}

// isFrom says whether the call was made from an address: the one that was bound, or
// that the kernel chose, or, where it chose none, could alone have chosen.
func (r *reopening) isFrom(j *journal.Journal, address string) bool {
	if r.bind != nil {
		return remoteOf(r.bind) == address
	}
	if s, ok := claim.SocketOf(j, r.call.Socket); ok && s.Local != "" {
		return s.Local == address
	}
	low, high, one := strings.Cut(settingAt(j, r.call.Host, rangeSetting, r.call), " ")
	return one && low == high && strings.HasSuffix(address, ":"+low)
}

// bindOf is the call by which a socket got its port before it called; nil: the
// kernel chose it.
func bindOf(j *journal.Journal, connect *journal.Event) *journal.Event {
	for _, e := range claim.Calls(j, connect.Socket, "bind") {
		if e.N < connect.N && e.Call.Errno == "" {
			return e
		}
	}
	return nil
}

// waitsAt is the event by which an end of a connection came to TIME_WAIT, if it was
// still there when something happened; nil: it was not.
func (c *incarnated) waitsAt(e *journal.Event) *journal.Event {
	for _, socket := range []string{c.Client, c.Server} {
		if s := lastBefore(claim.States(c.Journal, socket, journal.SockDiag), e); s != nil && s.State.To == journal.TimeWait {
			return s
		}
	}
	return nil
}

// lastBefore is the last of some events before another; nil: none is.
func lastBefore(events []*journal.Event, e *journal.Event) *journal.Event {
	var last *journal.Event
	for _, s := range events {
		if s.N < e.N {
			last = s
		}
	}
	return last
}

// way says how the client called again.
func (r *reopening) way() string {
	switch {
	case r.bind == nil:
		return "port chosen"
	case r.waits.Socket == r.dead.Server:
		return "server first"
	}
	return "port bound"
}

// whereabouts names the end that was in TIME_WAIT.
func (r *reopening) whereabouts() string {
	if r.waits.Socket == r.dead.Server {
		return "server"
	}
	return "client"
}

// stamps says whether the dead connection had timestamps; "": nobody saw its segments.
func (r *reopening) stamps() string {
	switch {
	case !r.dead.HasPackets():
		return ""
	case r.dead.stamped():
		return "on"
	}
	return "off"
}

// String says under what circumstances the client called again.
func (r *reopening) String() string {
	said := r.way()
	if stamps := r.stamps(); stamps != "" {
		said += ", timestamps " + stamps
	}
	if r.bind == nil {
		said += ", tcp_tw_reuse " + r.reuse
	}
	return said
}

// noneReopened is the finding where nothing was put to the test.
func noneReopened(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no end was in TIME_WAIT when the client called again")
}

var sr5 = claim.Claim{
	ID: "SR5", Statement: "TIME_WAIT keeps the same four-tuple from being opened again",
	Source: article000, Quantity: claim.Always,
	Precondition: "an end of the connection is in TIME_WAIT when the client calls from the same port to the same",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		var yes, no []string
		var opened, kept []*journal.Event
		tried := false // what Linux is known to let open over it (RFC 6191)
		for _, r := range reopenings(j) {
			tried = tried || r.bind != nil && r.stamps() == "on"
			switch {
			case r.opened != nil:
				yes = append(yes, r.String())
				opened = append(opened, r.waits, r.call, r.opened)
			case r.call.Call.Errno == "EADDRNOTAVAIL":
				no = append(no, r.String())
				kept = append(kept, r.waits, r.call)
			}
		}
		switch {
		case yes != nil && no != nil:
			return claim.Refute(claim.Numbers(append(opened, kept...)...), "opened over it: %s; kept from it (EADDRNOTAVAIL): %s", strings.Join(yes, "; "), strings.Join(no, "; "))
		case yes != nil:
			return claim.Refute(claim.Numbers(opened...), "opened over it: %s", strings.Join(yes, "; "))
		case no != nil && !tried:
			return claim.Unclear("kept from it (EADDRNOTAVAIL): %s; but no client that Linux lets open over it tried to: one that binds its port, with timestamps on", strings.Join(no, "; "))
		case no != nil:
			return claim.Confirm(claim.Numbers(kept...), "EADDRNOTAVAIL: %s", strings.Join(no, "; "))
		}
		return noneReopened(j)
	},
}

// met says what became of the dead connection's reply, if it can be told: the
// client has read its own since.
func (r *reopening) met(j *journal.Journal, xs []exchange) (x exchange, how string) {
	if r.haunt == nil {
		return x, ""
	}
	for _, x := range on(r.haunt.alive.Client, r.haunt.arrived, xs) {
		switch {
		case x.did != didTake:
		case x.wrong():
			return x, "read"
		case r.haunt.expired(): // asked before the sequence number is (tcp_validate_incoming in net/ipv4/tcp_input.c)
			if r.haunt.dropped(j) != nil {
				return x, "dropped by PAWS"
			}
		case r.haunt.behind():
			return x, "dropped as old"
		}
	}
	return x, ""
}

// behind says whether all of a segment lay before what the client awaited.
func (h *haunt) behind() bool {
	last := h.heard()
	return last != nil && int32(last.Packet.Ack-h.sent.Packet.Seq) >= int32(h.sent.Packet.Len)
}

var sr13 = claim.Claim{
	ID: "SR13", Statement: "when Linux does open a four-tuple over its TIME_WAIT, the old connection's segment is still not accepted",
	Source: rfc6191, Quantity: claim.Always,
	Precondition: "the segment arrives before the client has read the answer that it waits for, and it reads that afterwards",
	Needs:        needsAll,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		var told []string
		var seen []int
		for _, r := range reopenings(j) {
			x, how := r.met(j, xs)
			if how == "" {
				continue
			}
			events := cited([]exchange{x}, r.waits, r.haunt.sent, r.haunt.arrived, r.haunt.dropped(j))
			if x.wrong() {
				return claim.Refute(events, "%s: %s read the reply of the dead connection %s", &r, r.haunt.alive.Client, r.dead.Client)
			}
			seen = append(seen, events...)
			told = append(told, r.String()+": "+how)
		}
		if told == nil {
			return noneReopened(j)
		}
		slices.Sort(seen)
		return claim.Confirm(slices.Compact(seen), "%s", strings.Join(told, "; "))
	}),
}

// killing is a segment that arrived at a socket in TIME_WAIT.
type killing struct {
	in, arrived, reset *journal.Event // it entered the state; the segment; the RST that came of it
	before             *journal.Event // the timer as it was read before
	gone, still        *journal.Event // seen afterwards: no longer there, or there still
	rfc1337            string
}

// killings lists those that drew a RST from the other end.
func killings(j *journal.Journal) []killing {
	if len(claim.Packets(j, journal.AtInjected)) == 0 {
		return nil
	}
	var all []killing
	for _, c := range incarnations(j) {
		for _, in := range claim.Entered(c.Journal, c.Client, journal.TimeWait) {
			for _, e := range claim.Packets(c.Journal, journal.AtInjected) {
				if e.N < in.N || e.Packet.Dst != c.From {
					continue
				}
				k := killing{in: in, arrived: e, rfc1337: settingAt(j, in.Host, rfc1337Setting, e)}
				k.see(&c)
				if k.reset != nil {
					all = append(all, k)
				}
			}
		}
	}
	return all
}

// see reads what came of it.
func (k *killing) see(c *incarnated) {
	for _, e := range c.Arrived(c.Client, k.arrived, nil) {
		if slices.Contains(e.Packet.Flags, "RST") {
			k.reset = e
			break
		}
	}
	k.before = lastBefore(claim.Samples(c.Journal, c.Client, journal.TimeWait), k.arrived)
	if k.reset == nil {
		return
	}
	for _, e := range claim.Samples(c.Journal, c.Client, journal.TimeWait) {
		if e.N > k.reset.N {
			k.still = e
		}
	}
	for _, e := range claim.Entered(c.Journal, c.Client, journal.Gone) {
		if e.N > k.reset.N && k.gone == nil {
			k.gone = e
		}
	}
}

// early says whether the state ended while its timer had more than a second to
// run.
func (k *killing) early() bool {
	return k.gone != nil && k.before != nil && k.gone.T-k.before.T < (k.before.Sample.TimerMS-1000)*1e6
}

// settingAt is the value of a host's setting when something happened; "": it is not
// in the journal.
func settingAt(j *journal.Journal, host, name string, at *journal.Event) string {
	e := claim.Setting(j, host, name, at.N)
	if e == nil {
		return ""
	}
	return e.Setting.New
}

var sr14 = claim.Claim{
	ID: "SR14", Statement: "a stray segment can end a TIME_WAIT early (assassination)",
	Source: "RFC 1337", Quantity: claim.Can,
	Precondition: "the segment is acknowledged, the other end knows nothing of the connection any more and answers with a RST; and tcp_rfc1337 is 0",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		var died, lived *killing
		all := killings(j)
		for _, k := range all {
			switch {
			case k.early() && k.rfc1337 == "0":
				died = &k
			case k.still != nil && k.rfc1337 == "1":
				lived = &k
			}
		}
		switch {
		case len(all) == 0:
			return claim.Unclear("no segment that arrived at a TIME_WAIT drew a RST")
		case died == nil:
			return claim.Unclear("RSTs that arrived at a TIME_WAIT: %d; none was seen to end one early with tcp_rfc1337 0", len(all))
		}
		said := fmt.Sprintf("the TIME_WAIT of %s ended by the RST that a stray reply drew, with %.1f s to go", died.in.Socket, float64(died.before.Sample.TimerMS)/1e3)
		events := []*journal.Event{died.in, died.before, died.arrived, died.reset, died.gone}
		if lived != nil {
			said += fmt.Sprintf("; with tcp_rfc1337 1 that of %s outlived it", lived.in.Socket)
			events = append(events, lived.in, lived.arrived, lived.reset, lived.still)
		}
		return claim.Confirm(claim.Numbers(events...), "%s", said)
	},
}

// openedOver is the phenomenon: a four-tuple was opened over its TIME_WAIT, and
// the reply of the connection before it was not read there.
var openedOver = claim.Phenomenon{
	Needs: needsAll,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		all := reopenings(j)
		if len(all) == 0 {
			return noneReopened(j)
		}
		var seen []int
		connected, met := 0, 0
		for _, r := range all {
			if r.opened != nil {
				connected++
			}
			x, how := r.met(j, xs)
			if how == "" {
				continue
			}
			if x.wrong() {
				return claim.Refute(cited([]exchange{x}, r.haunt.arrived), "%s: the dead connection's reply was read in the one that was opened over its TIME_WAIT", &r)
			}
			met++
			seen = append(seen, cited([]exchange{x}, r.call, r.opened)...)
		}
		if met == 0 {
			return claim.Refuse(j, nil, "no four-tuple was opened over its TIME_WAIT, or no reply of the dead connection arrived there")
		}
		slices.Sort(seen)
		return claim.Confirm(slices.Compact(seen), "of %d calls to a four-tuple in TIME_WAIT %d were connected; the dead connection's reply was dropped in %d of these, and read in none", len(all), connected, met)
	}),
}

// compareReopenings is the table of what became of each call.
func compareReopenings(j *journal.Journal) *claim.Comparison {
	xs, _ := exchanges(j)
	all := reopenings(j)
	if len(all) == 0 {
		return nil
	}
	t := &claim.Comparison{Title: "A four-tuple in TIME_WAIT, called again"}
	rows := []struct {
		what string
		cell func(*reopening) claim.Cell
	}{
		{"TIME_WAIT at", func(r *reopening) claim.Cell { return claim.Told(r.whereabouts(), r.waits) }},
		{"timestamps", func(r *reopening) claim.Cell { return claim.Told(r.stamps()) }},
		{"tcp_tw_reuse", func(r *reopening) claim.Cell { return claim.Told(r.reuse) }},
		{"connected", func(r *reopening) claim.Cell {
			if r.opened != nil {
				return claim.Told("yes", r.call, r.opened)
			}
			return claim.Told("no", r.call)
		}},
		{"old reply", func(r *reopening) claim.Cell {
			_, how := r.met(j, xs)
			if how == "" {
				return claim.Told("")
			}
			return claim.Told(how, r.haunt.arrived)
		}},
	}
	for _, row := range rows {
		c := claim.Compared{What: row.what}
		for i := range all {
			c.Cells = append(c.Cells, row.cell(&all[i]))
		}
		t.Rows = append(t.Rows, c)
	}
	for i := range all {
		t.Ways = append(t.Ways, all[i].way())
	}
	return t
}
