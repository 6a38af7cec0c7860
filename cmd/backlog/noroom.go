package main

import (
	"strconv"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// untilForgotten bounds the wait for a listener to give a handshake up: with
// tcp_synack_retries 1 that is after 3 s. Then the clients are watched a little longer.
const (
	untilForgotten = 8 * time.Second
	watchedAfter   = 500 * time.Millisecond
)

// neverRoom: three clients are left out when the last place is taken, and nobody accepts
// until the server gives them up. Then one goes on waiting, one writes, and one closes.
func neverRoom(t *scenario.T) {
	const late = 3
	t.Sysctl("b", abortOnOverflow, "0")
	t.Sysctl("b", synAckRetries, "1")
	l := t.Listen(scenario.ServerPort, scenario.Backlog(late))
	for range late {
		l.Dial()
	}
	t.Hold(isThird)
	l.Dial() // it takes the last place
	var clients, queued []*scenario.End
	for range late {
		c := l.Dial()
		clients, queued = append(clients, c), append(queued, l.Queued(c))
	}
	t.Release()
	l.Look()
	t.Await(untilForgotten, func() bool { return queued[0].Gone() && queued[1].Gone() && queued[2].Gone() })
	t.Wait(watchedAfter)
	reader, writer, closer := clients[0], clients[1], clients[2]
	writer.Send("anybody there?")
	writer.Recv()
	closer.Close()
	reader.Recv()
}

// forgotten is a client whose handshake a listener has given up.
type forgotten struct {
	third
	gone *journal.Event // its entry
	acts *tcp.Segment   // the first that the client sent afterwards; nil: none
}

func allForgotten(v *tcp.View) []forgotten {
	var all []forgotten
	for _, x := range leftOut(v) {
		if gone := tcp.First(x.server.Entered(journal.Gone, journal.SockDiag)); gone != nil {
			all = append(all, forgotten{x, gone, tcp.First(x.client.SentAll(gone.N, 0))})
		}
	}
	return all
}

// givenUp asks that a handshake was given up because its SYN-ACK had been sent often enough,
// with the queue full all the time.
func givenUp(c *claim.Case, f forgotten) {
	c.If(settingAt(c, abortOnOverflow, f.N) == "0")
	c.Cite(f.gone)
	most, _ := strconv.Atoi(settingAt(c, synAckRetries, f.gone.N))
	again := c.AllSegments(repeated(tcp.With(f.server.SentAll(0, f.gone.N), packet.SYN)))
	c.Given(len(again) >= most, "the SYN-ACK was sent again %d times, and tcp_synack_retries is %d", len(again), most)
	c.Given(len(c.Listener(f.server.Local, f.N).Accepts(0, f.gone.N)) == 0, "accept() had made room")
}

// isForgotten is the phenomenon: a client is ESTABLISHED with a server that knows nothing of it.
var isForgotten = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: crossed + ", and the server gives the handshake up",
	Rule: claim.Each(allForgotten, func(c *claim.Case, f forgotten) {
		givenUp(c, f)
		state := c.StateAt(f.client, journal.TCPInfo, f.gone.N)
		c.Expect(state == journal.Established, "%s was in %s when the server had given it up", f.client.ID, state)
		c.Holds("%s was ESTABLISHED when the server had given it up", f.client.ID)
	}),
}

var bl12 = claim.Claim{
	ID: "BL12", Statement: "if the accept queue stays full the client gets a RST when tcp_synack_retries is exceeded",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: isForgotten.Precondition,
	Rule: claim.Each(allForgotten, func(c *claim.Case, f forgotten) {
		givenUp(c, f)
		c.CiteSegments(f.acts)
		rsts := tcp.With(f.client.Arrived(f.N, 0), packet.RST)
		rst := c.FirstSegment(tcp.Where(rsts, func(s *tcp.Segment) bool { return f.acts == nil || s.N < f.acts.N }))
		c.ExpectSeen(rst != nil, "the server gave %s up %.1f s after its ACK, and sent it nothing: %s was in %s",
			f.client.ID, c.Between(f.Event, f.gone).Seconds(), f.client.ID, c.StateAt(f.client, journal.TCPInfo, f.gone.N))
		c.Holds("a RST came to %s when the server gave it up", f.client.ID)
	}),
}

var bl17 = claim.Claim{
	ID: "BL17", Statement: "the client closes after a while, when no reply comes",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: isForgotten.Precondition + "; its program makes no call that sends or closes",
	Rule: claim.Each(allForgotten, func(c *claim.Case, f forgotten) {
		givenUp(c, f)
		c.If(len(f.client.CallsOf(f.gone.N, 0, "write", "close", "shutdown")) == 0)
		read := c.GivenFirst(f.client.CallsOf(f.gone.N, 0, "read"), "%s did not read", f.client.ID)
		state := c.StateAt(f.client, journal.TCPInfo, read.N)
		c.ExpectSeen(state != journal.Established && read.Call.Errno != journal.EAGAIN, "%s was ESTABLISHED, and its read() returned %s: its TCP sends nothing by itself",
			f.client.ID, claim.Returned(read))
		c.Holds("%s was in %s, and its read() returned %s", f.client.ID, state, claim.Returned(read))
	}),
}
