package main

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// death is the end of a process that alone held a connection's end.
type death struct {
	process
	how    string // "returned from main", "SIGKILL"
	linger string
	sent   []*journal.Event // FINs and RSTs
	read   *journal.Event   // the peer's, after it
}

// deaths lists the ends of processes that alone held a connection's client: where
// another still holds it, the kernel does nothing.
func deaths(j *journal.Journal) []death {
	var all []death
	for _, p := range processes(j) {
		if p.end == nil || claim.Holders(j, p.Client, p.end) != 1 {
			continue
		}
		d := death{process: p, how: p.end.Process.How, linger: lingerAt(&p.Connection, p.Client, p.end)}
		if p.end.Process.Signal != "" {
			d.how = p.end.Process.Signal
		}
		next := claim.Nth(p.Calls(p.Server, p.end, append([]string{"read", "close", "shutdown"}, claim.Sending...)...), 0)
		d.sent = claim.Farewells(p.Sent(p.Client, p.end, next))
		d.read = claim.Nth(p.Calls(p.Server, p.end, "read"), 0)
		all = append(all, d)
	}
	return all
}

// dyingResets judges what is sent for a process that ends with SO_LINGER {1, 0}.
func dyingResets(j *journal.Journal) claim.Finding {
	var (
		cited  []*journal.Event
		told   []string
		killed bool
	)
	for _, d := range deaths(j) {
		if d.linger != lingerZero {
			continue
		}
		rst := claim.WithFlag(d.sent, "RST")
		if fin := claim.WithFlag(d.sent, "FIN"); fin != nil {
			return claim.Refute(claim.Numbers(d.end, fin), "after %s %s sent %s", d.how, d.Client, claim.FlagsOf(d.sent))
		}
		if rst == nil {
			return claim.Refuse(j, claim.Numbers(d.end), "after %s %s sent no RST", d.how, d.Client)
		}
		cited = append(cited, d.end, rst)
		told = append(told, d.how)
		killed = killed || d.end.Process.Signal == "SIGKILL"
	}
	if !killed || len(told) < 2 {
		if f, ok := claim.Complete(j); !ok {
			return f
		}
		return claim.Unclear("not both were seen, a process that ends and one that SIGKILL ends, with SO_LINGER %s", lingerZero)
	}
	return claim.Confirm(claim.Numbers(cited...), "RST after %s", strings.Join(told, ", "))
}

var lr20 = claim.Claim{
	ID: "LR20", Statement: "a process that ends, even by SIGKILL, with {on, 0} set sends RST",
	Source: "socket(7)", Quantity: claim.Always,
	Precondition: "the process alone holds the socket",
	Needs:        needsPackets, Check: dyingResets,
}

// passesOn judges whether accepted sockets have the SO_LINGER of their listener,
// where that is not the default, and nothing was set on them.
func passesOn(j *journal.Journal) claim.Finding {
	for _, c := range claim.Connections(j) {
		asked, accept := inheritedBy(&c), acceptOf(j, c.Server)
		if asked == nil || accept == nil || len(own(&c)) > 0 {
			continue
		}
		listener := lastLinger(j, accept.Socket, accept)
		if listener == nil {
			continue
		}
		want := listener.Call.Args[len(listener.Call.Args)-1]
		if want == lingerNone {
			continue
		}
		if asked.Call.Out != want {
			return claim.Refute(claim.Numbers(listener, accept, asked), "the listener had %s, the accepted socket has %s", want, asked.Call.Out)
		}
		said := fmt.Sprintf("set on the listener alone, %s was found on %s", want, c.Server)
		cited := []*journal.Event{listener, accept, asked}
		if closed := claim.Nth(c.Calls(c.Server, asked, "close"), 0); closed != nil {
			if read := claim.Nth(c.Calls(c.Client, closed, "read"), 0); read != nil {
				said += ", and after its close() the client's read returned " + claim.Returned(read)
				cited = append(cited, closed, read)
			}
		}
		return claim.Confirm(claim.Numbers(cited...), "%s", said)
	}
	return claim.Unclear("no accepted socket was asked for the SO_LINGER of its listener")
}

var lr21 = claim.Claim{
	ID: "LR21", Statement: "accepted sockets inherit SO_LINGER from the listener",
	Source: "Linux behaviour (sk_clone_lock in net/core/sock.c)", Quantity: claim.Always,
	Needs: needsCalls, Check: passesOn,
}

// inheritedBy is the call that asked an accepted socket for its SO_LINGER.
func inheritedBy(c *claim.Connection) *journal.Event {
	for _, e := range c.Calls(c.Server, nil, "getsockopt") {
		if e.Call.Errno == "" && slices.Contains(e.Call.Args, "SO_LINGER") {
			return e
		}
	}
	return nil
}

// own lists what was set on an accepted socket itself.
func own(c *claim.Connection) []*journal.Event { return c.Calls(c.Server, nil, "setsockopt") }

// acceptOf is the call that returned a socket.
func acceptOf(j *journal.Journal, socket string) *journal.Event {
	for _, e := range claim.Calls(j, "", "accept4") {
		if socket != "" && strings.HasPrefix(e.Call.Out, socket+" ") {
			return e
		}
	}
	return nil
}

// lastLinger is the call that set SO_LINGER on a socket last, before another.
func lastLinger(j *journal.Journal, socket string, before *journal.Event) *journal.Event {
	var last *journal.Event
	for _, e := range claim.Calls(j, socket, "setsockopt") {
		if e.N < before.N && e.Call.Errno == "" && slices.Contains(e.Call.Args, "SO_LINGER") {
			last = e
		}
	}
	return last
}

// endsReset is the phenomenon of exit: the peer of a process that ends with
// linger 0 is reset, others read the end.
var endsReset = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited       []*journal.Event
			zero, plain int
		)
		for _, d := range deaths(j) {
			if d.read == nil {
				continue
			}
			want := "0: the end"
			if d.linger == lingerZero {
				want = "ECONNRESET"
				zero++
			} else {
				plain++
			}
			if got := claim.Returned(d.read); got != want {
				return claim.Refuse(j, claim.Numbers(d.end, d.read), "after %s with SO_LINGER %s the peer's read returned %s", d.how, orUnset(d.linger), got)
			}
			cited = append(cited, d.end, d.read)
		}
		if zero == 0 || plain == 0 {
			if f, ok := claim.Complete(j); !ok {
				return f
			}
			return claim.Unclear("not both were seen: %d processes that ended with linger 0, %d without", zero, plain)
		}
		return claim.Confirm(claim.Numbers(cited...), "%s", fmt.Sprintf("%d processes ended with SO_LINGER {1, 0}, and their peers met ECONNRESET; %d without, and theirs the end", zero, plain))
	},
}

func orUnset(linger string) string {
	if linger == "" {
		return "unset"
	}
	return linger
}
