package main

import (
	"fmt"
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

// deaths lists them.
func deaths(j *journal.Journal) []death {
	var all []death
	for _, p := range processes(j) {
		if p.end == nil {
			continue
		}
		d := death{process: p, how: p.end.Process.How, linger: lingerAt(&p.Connection, p.Client, p.end)}
		if p.end.Process.Signal != "" {
			d.how = p.end.Process.Signal
		}
		for _, e := range p.Sent(p.Client, p.end, nil) {
			if one := []*journal.Event{e}; claim.WithFlag(one, "FIN") != nil || claim.WithFlag(one, "RST") != nil {
				d.sent = append(d.sent, e)
			}
		}
		d.read = claim.Nth(p.Calls(p.Server, p.end, "read"), 0)
		all = append(all, d)
	}
	return all
}

var lr20 = claim.Claim{
	ID: "LR20", Statement: "a process that ends, even by SIGKILL, with {on, 0} set sends RST",
	Source: "socket(7)", Quantity: claim.Always,
	Precondition: "the process alone holds the socket",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited []*journal.Event
			told  []string
		)
		for _, d := range deaths(j) {
			if d.linger != lingerZero {
				continue
			}
			rst := claim.WithFlag(d.sent, "RST")
			if fin := claim.WithFlag(d.sent, "FIN"); fin != nil || rst == nil {
				return claim.Refuse(j, claim.Numbers(d.end, fin), "after %s %s sent %s", d.how, d.Client, claim.FlagsOf(d.sent))
			}
			cited = append(cited, d.end, rst)
			told = append(told, d.how)
		}
		if len(cited) == 0 {
			return claim.Unclear("no process was seen to end with SO_LINGER %s", lingerZero)
		}
		return claim.Confirm(claim.Numbers(cited...), "RST after %s", strings.Join(told, ", "))
	},
}

var lr21 = claim.Claim{
	ID: "LR21", Statement: "accepted sockets inherit SO_LINGER from the listener",
	Source: "Linux behaviour (sk_clone_lock in net/core/sock.c)", Quantity: claim.Always,
	Needs: needsCalls,
	Check: func(j *journal.Journal) claim.Finding {
		for _, c := range claim.Connections(j) {
			asked := inheritedBy(&c)
			accept := acceptOf(j, c.Server)
			if asked == nil || accept == nil {
				continue
			}
			listener := lastLinger(j, accept.Socket, accept)
			if listener == nil || len(own(&c)) > 0 {
				continue
			}
			want := listener.Call.Args[len(listener.Call.Args)-1]
			if asked.Call.Out != want {
				return claim.Refute(claim.Numbers(listener, accept, asked), "the listener had %s, the accepted socket has %s", want, asked.Call.Out)
			}
			closed := claim.Nth(c.Calls(c.Server, asked, "close"), 0)
			read := claim.Nth(c.Calls(c.Client, closed, "read"), 0)
			return claim.Confirm(claim.Numbers(listener, accept, asked, closed, read), "set on the listener alone, %s was found on %s, and its close() reset the client: %s", want, c.Server, claim.Returned(read))
		}
		return claim.Unclear("no accepted socket was asked for the SO_LINGER of its listener")
	},
}

// inheritedBy is the call that asked an accepted socket for its SO_LINGER.
func inheritedBy(c *claim.Connection) *journal.Event {
	for _, e := range c.Calls(c.Server, nil, "getsockopt") {
		if strings.Contains(strings.Join(e.Call.Args, " "), "SO_LINGER") {
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
		if e.N < before.N && strings.Contains(strings.Join(e.Call.Args, " "), "SO_LINGER") {
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
