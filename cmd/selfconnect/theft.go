package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// serving is one attempt of a real server to come up.
type serving struct {
	bind  *journal.Event
	port  string
	up    bool   // it listens
	errno string // of bind, where it does not
}

// servers lists the attempts to serve the port, in order: sockets that bind
// with SO_REUSEADDR, as servers do.
func servers(j *journal.Journal) []serving {
	var all []serving
	for _, b := range claim.Calls(j, "", "bind") {
		if !reuses(j, b.Socket, b.N) {
			continue
		}
		listens := claim.Calls(j, b.Socket, "listen")
		up := b.Call.Errno == "" && len(listens) > 0 && listens[0].Call.Errno == ""
		all = append(all, serving{bind: b, port: portOf(targetOf(b)), up: up, errno: b.Call.Errno})
	}
	return all
}

// reuses says whether a socket had set SO_REUSEADDR when event n came.
func reuses(j *journal.Journal, socket string, n int) bool {
	return slices.ContainsFunc(claim.Calls(j, socket, "setsockopt"), func(e *journal.Event) bool {
		return e.N < n && e.Call.Errno == "" && slices.Contains(e.Call.Args, "SO_REUSEADDR")
	})
}

// portOf is the port of an address.
func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// stolen judges the theft: the server is refused while the self-connection
// lasts, and comes up once it is gone.
func stolen(j *journal.Journal) claim.Finding {
	thief, events := selfConnected(j)
	if events == nil {
		return notTested(j)
	}
	closed := claim.Calls(j, thief, "close")
	since := claim.Entered(j, thief, journal.Established)[0]
	port := portOf(addressOf(j, thief))
	s := servers(j)
	switch {
	case slices.ContainsFunc(s, func(s serving) bool { return s.port != port }):
		return claim.Unclear("a server was tried on another port than the self-connection's, %s", port)
	case len(s) < 2 || len(closed) == 0:
		return claim.Unclear("the server was not tried both before and after the self-connection was gone")
	case s[0].bind.N < since.N || s[0].bind.N > closed[0].N || s[1].bind.N < closed[0].N:
		return claim.Unclear("the server was not tried both before and after the self-connection was gone")
	}
	cited := append(slices.Clone(events), s[0].bind.N, closed[0].N, s[1].bind.N)
	switch {
	case reuses(j, thief, s[0].bind.N):
		return claim.Unclear("%s had itself set SO_REUSEADDR", thief)
	case s[0].up:
		return claim.Refute(cited, "the server came up beside the self-connection %s", thief)
	case s[0].errno == "":
		return claim.Unclear("the server could bind its port beside %s, but not listen", thief)
	case s[0].errno != "EADDRINUSE":
		return claim.Unclear("the server's bind failed with %s, which has another cause", s[0].errno)
	case !s[1].up:
		return claim.Unclear("the server's port was refused (%s) even once the self-connection was gone: something else holds it", orNothing(s[1].errno))
	}
	return claim.Confirm(cited, "the server's bind failed with EADDRINUSE while %s lasted, in spite of SO_REUSEADDR, and succeeded once it was reset%s", thief, timeWaitAdds(j, s))
}

// timeWaitAdds says what an orderly close does to the server, where it was tried.
func timeWaitAdds(j *journal.Journal, s []serving) string {
	if len(s) < 3 {
		return ""
	}
	for _, e := range j.Events {
		if e.Sample != nil && e.Sample.State == journal.TimeWait && e.N < s[2].bind.N {
			if s[2].errno == "EADDRINUSE" {
				return "; after an orderly close TIME_WAIT kept the port from it for " + seconds(e.Sample.TimerMS) + " more"
			}
			return "; after an orderly close it came up in spite of TIME_WAIT"
		}
	}
	return ""
}

var theft = claim.Phenomenon{
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: stolen,
}

var sc10 = claim.Claim{
	ID: "SC10", Statement: "while it lasts, the real server cannot bind its port (EADDRINUSE)",
	Source: "field reports: tokio #3405, tarantool #204, ktor #2237", Quantity: claim.Always,
	Precondition: "a socket that had not set SO_REUSEADDR is connected to itself on the server's port",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo},
	Check:        stolen,
}
