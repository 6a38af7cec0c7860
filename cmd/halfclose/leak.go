package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// pairsUp judges that every FIN_WAIT2 has its CLOSE_WAIT at the other end.
func pairsUp(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	n := 0
	for _, c := range claim.Connections(j) {
		for _, socket := range []string{c.Client, c.Server} {
			for _, e := range claim.States(c.Journal, socket, journal.SockDiag) {
				if e.State.To != journal.FinWait2 || socket == "" || endedBefore(&c, c.Peer(socket), e) {
					continue
				}
				there := stateWith(c.Journal, c.Peer(socket), socket, e)
				if there == nil {
					return claim.Unclear("no witness saw the other end of %s", socket)
				}
				if there.State.To != journal.CloseWait {
					return claim.Refute(claim.Numbers(e, there), "%s was in FIN_WAIT2 while %s was in %s", socket, c.Peer(socket), there.State.To)
				}
				cited = append(cited, e, there)
				n++
			}
		}
	}
	if n == 0 {
		return claim.Unclear("no socket was seen in FIN_WAIT2")
	}
	return claim.Confirm(claim.Numbers(cited...), "in all %d connections: FIN_WAIT2 at the end that had ended its direction, CLOSE_WAIT at the other", n)
}

// endedBefore says whether a socket's application had ended the connection before
// an event: then it is in no CLOSE_WAIT.
func endedBefore(c *claim.Connection, socket string, e *journal.Event) bool {
	w := wayOf(*c, "", nil)
	call := claim.Nth(w.Calls(socket, nil, "close", "shutdown"), 0)
	return call != nil && call.N < e.N
}

// stateWith is the state of a socket at the moment when its peer's was seen. Off
// the wire the two are not seen in step: there it is the next, if the peer had
// not changed again by then.
func stateWith(j *journal.Journal, socket, peer string, e *journal.Event) *journal.Event {
	there := stateBefore(j, socket, e)
	if j.Network == journal.Wire || there != nil && there.State.To == journal.CloseWait {
		return there
	}
	for _, next := range claim.States(j, socket, journal.SockDiag) {
		if next.N < e.N {
			continue
		}
		if last := stateBefore(j, peer, next); last != nil && last.N == e.N {
			return next
		}
		break
	}
	return there
}

// stateBefore is the state in which sock_diag saw a socket last before an event.
func stateBefore(j *journal.Journal, socket string, before *journal.Event) *journal.Event {
	var last *journal.Event
	for _, e := range claim.States(j, socket, journal.SockDiag) {
		if e.N < before.N {
			last = e
		}
	}
	return last
}

var hc19 = claim.Claim{
	ID: "HC19", Statement: "a FIN_WAIT2 here has its CLOSE_WAIT there, pair by pair",
	Source: article003 + "; " + article004, Quantity: claim.Always,
	Precondition: "the peer has not closed, and nothing has been reset or given up",
	Needs:        needsDiag, Check: pairsUp,
}

// wayOut is how a socket left CLOSE_WAIT.
type wayOut struct {
	socket string
	left   *journal.Event // the change of state
	why    string
	cause  *journal.Event
	own    bool // its application had closed it, or shut it down
}

// waysOutOf lists how sockets left CLOSE_WAIT, as TCP_INFO or sock_diag saw it first.
func waysOutOf(j *journal.Journal) []wayOut {
	var all []wayOut
	for _, c := range claim.Connections(j) {
		for _, socket := range []string{c.Client, c.Server} {
			for _, e := range claim.States(c.Journal, socket) {
				if socket != "" && e.State.From == journal.CloseWait {
					all = append(all, outBy(&c, socket, e))
					break
				}
			}
		}
	}
	return all
}

func outBy(c *claim.Connection, socket string, left *journal.Event) wayOut {
	w := wayOf(*c, socket, nil)
	o := wayOut{socket: socket, left: left}
	for _, e := range w.Calls(socket, nil, "close", "shutdown") {
		if e.N < left.N && e.Call.Errno == "" {
			o.own, o.cause, o.why = true, e, claim.NameOf(e)
			return o
		}
	}
	rst := claim.WithFlag(w.Arrived(socket, nil, nil), "RST")
	if rst == nil || rst.N > left.N && c.Network == journal.Wire {
		return o
	}
	o.cause, o.why = rst, "a RST"
	switch {
	case len(w.writes(socket, nil)) > 0:
		o.why = "the RST that its own write drew"
	case probed(&w, rst):
		o.why = "the RST that the kernel's keepalive probe drew"
	}
	return o
}

// probed says whether the socket's end had sent a keepalive probe: a segment
// with no data whose number is one before what it had sent (RFC 9293 §3.8.4).
func probed(w *way, before *journal.Event) bool {
	var next uint32
	for _, s := range claim.Segments(w.Journal) {
		p := s.Packet()
		if p.Src != w.Address(w.Who) || s.Event.N > before.N {
			continue
		}
		if next != 0 && p.Len == 0 && p.Seq == next-1 && claim.HasFlags(s.Event, "ACK") {
			return true
		}
		next = endOf(s.Event)
		if slices.Contains(p.Flags, "SYN") {
			next++
		}
	}
	return false
}

var hc20 = claim.Claim{
	ID: "HC20", Statement: "CLOSE_WAIT ends only when the application closes",
	Source: article000 + "; " + article003, Quantity: claim.Always,
	Precondition: "a socket is in CLOSE_WAIT, and its application has not closed it",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			own, other    []*journal.Event
			told, orderly []string
			unknown       string
		)
		for _, o := range waysOutOf(j) {
			switch {
			case o.own:
				own = append(own, o.cause, o.left)
				orderly = append(orderly, o.why)
			case o.cause != nil:
				other = append(other, o.cause, o.left)
				told = append(told, fmt.Sprintf("%s by %s", o.socket, o.why))
			default:
				unknown = o.socket
			}
		}
		switch {
		case len(other) > 0:
			return claim.Refute(claim.Numbers(other...), "these left CLOSE_WAIT with their descriptors still open: %s", strings.Join(told, ", "))
		case unknown != "":
			return claim.Unclear("%s left CLOSE_WAIT, and neither a call nor a segment was seen to bring that about", unknown)
		case len(own) > 0 && len(claim.ViewOf(j).ResetIn(journal.CloseWait)) == 0:
			return claim.Unclear("it was left after %s only, but no RST came to one: that it ends CLOSE_WAIT too was not put to the test", strings.Join(orderly, ", "))
		case len(own) > 0:
			return claim.Confirm(claim.Numbers(own...), "it was left after %s only, though a RST came to one", strings.Join(orderly, ", "))
		}
		return claim.Unclear("no socket was seen to leave CLOSE_WAIT")
	},
}

// runsOut judges that sockets nobody closes use up the descriptors.
func runsOut(j *journal.Journal) claim.Finding {
	limit := claim.Nth(claim.Calls(j, "", "setrlimit"), 0)
	if limit == nil {
		return claim.Unclear("no limit of descriptors was set")
	}
	var (
		taken   []*journal.Event
		refused []*journal.Event
		limited *journal.Event // the first accept of the process that the limit is for
	)
	for _, e := range claim.Calls(j, "", "accept4") {
		if e.N < limit.N || j.Played != 0 && e.N > j.Played {
			continue
		}
		if limited == nil {
			limited = e
		}
		switch {
		case descriptor(e.Call.Args) != descriptor(limited.Call.Args): // another listener, or another process
		case e.Call.Errno == "EMFILE":
			refused = append(refused, e)
		case e.Call.Errno == "" && len(refused) == 0:
			taken = append(taken, e)
		}
	}
	if beyond := beyondLimit(limit, taken); beyond != nil {
		return claim.Refute(claim.Numbers(limit, beyond), "accept() succeeded beyond the limit: it returned descriptor %d", beyond.Call.Result)
	}
	if len(refused) == 0 {
		return claim.Unclear("%d connections were accepted, and the descriptors did not run out", len(taken))
	}
	waiting, f := leaked(j, taken, refused[0])
	if f != nil {
		return *f
	}
	cited := append(append(waiting, limit, refused[0]), againstQueue(j, refused)...)
	return claim.Confirm(claim.Numbers(cited...), "%d sockets in CLOSE_WAIT that nobody closed used up the descriptors: accept() failed with EMFILE%s", len(waiting), queueSaid(j, refused))
}

// descriptor is the first of a call's arguments: the descriptor, and whose it is.
func descriptor(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// beyondLimit is an accept that returned a descriptor that the limit forbids.
// The kernel gives the lowest that is free, so with those closed that others had
// it never comes to that.
func beyondLimit(limit *journal.Event, taken []*journal.Event) *journal.Event {
	if len(limit.Call.Args) < 2 {
		return nil
	}
	most, err := strconv.ParseInt(limit.Call.Args[1], 10, 64)
	if err != nil {
		return nil
	}
	for _, e := range taken {
		if e.Call.Result >= most {
			return e
		}
	}
	return nil
}

// leaked lists the events by which the accepted sockets were seen in CLOSE_WAIT;
// one that was closed, or not in that state, is no leak.
func leaked(j *journal.Journal, taken []*journal.Event, refused *journal.Event) ([]*journal.Event, *claim.Finding) {
	var waiting []*journal.Event
	for _, c := range claim.Connections(j) {
		if c.Server == "" || !slices.ContainsFunc(taken, func(e *journal.Event) bool { return strings.HasPrefix(e.Call.Out, c.Server+" ") }) {
			continue
		}
		last := stateBefore(c.Journal, c.Server, refused)
		if last == nil || last.State.To != journal.CloseWait {
			f := claim.Unclear("%s, which had been accepted, was not in CLOSE_WAIT", c.Server)
			return nil, &f
		}
		waiting = append(waiting, last)
	}
	if len(waiting) == 0 {
		f := claim.Unclear("no accepted socket was seen in CLOSE_WAIT")
		return nil, &f
	}
	return waiting, nil
}

// againstQueue is what epoll said of the listener after accept had failed.
func againstQueue(j *journal.Journal, refused []*journal.Event) []*journal.Event {
	var said []*journal.Event
	for _, e := range claim.Calls(j, refused[0].Socket, "epoll_wait") {
		if e.N > refused[0].N && e.Call.Out != "" {
			said = append(said, e)
		}
	}
	return said
}

func queueSaid(j *journal.Journal, refused []*journal.Event) string {
	said := againstQueue(j, refused)
	if len(said) == 0 || len(refused) < 2 {
		return ""
	}
	return fmt.Sprintf("; epoll went on saying %s, and accept() went on failing, %d times in all: a loop that spins", said[0].Call.Out, len(refused))
}

var hc26 = claim.Claim{
	ID: "HC26", Statement: "leaked CLOSE_WAIT sockets use up the descriptors: accept fails with EMFILE",
	Source: article000, Quantity: claim.Always,
	Precondition: "the server accepts, its clients end their direction, and it never closes",
	Needs:        needsDiag, Check: runsOut,
}

// nobodysData judges the connection that was never accepted: it belongs to no
// descriptor, and its data was acknowledged all the same.
func nobodysData(j *journal.Journal) claim.Finding {
	for _, c := range claim.Connections(j) {
		samples := claim.Samples(c.Journal, c.Server, journal.CloseWait)
		if c.Server == "" || len(samples) == 0 || len(claim.Calls(c.Journal, c.Server, "close")) > 0 {
			continue
		}
		s := samples[len(samples)-1]
		if s.Sample.Inode != 0 || s.Sample.RxQueue == 0 {
			continue
		}
		// The client's FIN would not have been acknowledged with its data missing.
		got := claim.Entered(c.Journal, c.Client, journal.FinWait2)
		if len(got) == 0 {
			return claim.Refuse(j, claim.Numbers(s), "the data for %s, which nobody had accepted, was not acknowledged", c.Server)
		}
		return claim.Confirm(claim.Numbers(got[0], s), "%s was never accepted: no descriptor refers to it, and its data was acknowledged all the same", c.Server)
	}
	return claim.Refuse(j, nil, "no connection without an owner was seen in CLOSE_WAIT with data unread")
}

// leaking is the phenomenon of leak.
var leaking = claim.Phenomenon{
	Needs: needsDiag,
	Check: func(j *journal.Journal) claim.Finding { return claim.Together(j, runsOut, nobodysData) },
}
