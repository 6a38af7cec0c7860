package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// goRuntime: what Go's runtime makes of SIGPIPE, on descriptor 1, on 2, and on
// another.
func goRuntime(t *scenario.T) {
	for which := range 3 {
		goWrites(t, which)
	}
}

// goWrites gives a Go process three connections, as its descriptors 1 and 2 and
// as another, and lets it write twice to one whose peer has closed.
func goWrites(t *scenario.T, which int) {
	var clients, servers [3]*scenario.End
	for i := range clients {
		clients[i], servers[i] = t.Connection()
	}
	child := t.SpawnPiped(journal.GoSIGPIPE, clients[0], clients[1], clients[2])
	for _, c := range clients {
		c.Close()
	}
	servers[which].Close()
	child.WriteByGo(clients[which], "first")
	child.WriteByGo(clients[which], "second")
}

// The descriptors on which Go's runtime raises SIGPIPE itself (the package os/signal), and any
// other.
const (
	standardOut   = "descriptor 1"
	standardError = "descriptor 2"
	otherOne      = "another descriptor"
)

// descriptorOf is the descriptor of a write by Go's os package; "": it is none.
func descriptorOf(e *journal.Event) string {
	if e == nil || e.Call.Op != goWrite {
		return ""
	}
	switch fd, known := e.Call.FD(); {
	case !known:
		return ""
	case fd == 1:
		return standardOut
	case fd == 2:
		return standardError
	}
	return otherOne
}

// goDies is the phenomenon of go-runtime: on descriptors 1 and 2 a Go process dies of SIGPIPE,
// on others it gets EPIPE.
var goDies = claim.Phenomenon{
	Needs: needsDiag, Quantity: claim.Always, Precondition: noneWrote,
	Rule: claim.Each(processes, func(c *claim.Case, p process) {
		again := drawn(c, p)
		on := descriptorOf(again)
		c.If(p.disposition() == "go" && on != "")
		if on == otherOne {
			p.outlives(c, again)
		} else {
			p.ends(c, again)
		}
		kind := func(p *process) string { return descriptorOf(p.again()) }
		claim.GivenEach(c, processes(c.View), kind, "no write of a Go program after a RST was seen on %s", standardOut, standardError, otherOne)
		c.Holds("a Go program's write to descriptor 1 or 2 ended it, and to another returned EPIPE")
	}),
}
