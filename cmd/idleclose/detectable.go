package main

import (
	"cmp"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// detectable: before it uses a connection again the client looks whether that has ended, by
// epoll and by a read that does not wait: once when the FIN has come, once while it is under way.
func detectable(t *scenario.T) {
	client, server := keptAlive(t, "GET /1")
	watch := client.Epoll()
	server.Close()
	look(client, watch)
	client.Send("GET /2")
	client.Recv()
	client.Close()

	client, server = keptAlive(t, "GET /3")
	watch = client.Epoll()
	idleClosed(t, server)
	look(client, watch)
	client.Send("GET /4")
	t.Release()
	client.Recv()
	client.Close()
}

// look is the check before use.
func look(client *scenario.End, watch *scenario.Epoll) {
	watch.Wait()
	client.ReadNow(1)
}

// check is a look at a connection that its server had closed, before a request is written on it.
type check struct {
	request
	by *journal.Event
}

// checks lists them.
func checks(v *tcp.View) []check {
	var all []check
	for _, r := range requests(v) {
		for _, e := range r.Client.CallsOf(r.before.N, r.write.N, "epoll_wait", "recvfrom") {
			if r.fin != nil && r.fin.N < e.N {
				all = append(all, check{r, e})
			}
		}
	}
	return all
}

// came says whether the FIN had come; else it was under way.
func (k *check) came() bool { return k.finCame != nil && k.finCame.N < k.by.N }

// tells says whether a check found that the connection has ended.
func (k *check) tells() bool {
	if k.by.Call.Op == "recvfrom" {
		return k.by.Call.Errno == "" && k.by.Call.Result == 0
	}
	return k.by.Call.Ready().Has(journal.EPOLLRDHUP)
}

// said is what the check returned.
func (k *check) said() string {
	if k.by.Call.Op == "recvfrom" {
		return "a read that does not wait returned " + claim.Returned(k.by)
	}
	return "epoll said " + strings.ReplaceAll(cmp.Or(k.by.Call.Out, "nothing"), "|", " ")
}

var ru4 = claim.Claim{
	ID: "RU4", Statement: "a check before use (peek, poll) finds a connection that was closed before, and not one whose FIN is under way",
	Source: field, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no connection was looked at that its server had closed",
	Rule: claim.Each(checks, func(c *claim.Case, k check) {
		c.Cite(k.by)
		if k.came() {
			c.CiteSegments(k.finCame)
			c.Finds(k.tells(), "the FIN had come to %s, and %s", k.Client.ID, k.said())
		}
		c.Finds(!k.tells(), "the FIN was under way to %s, and %s", k.Client.ID, k.said())
	}),
}

// compareChecks is the table of what a look found.
func compareChecks(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{Title: "What a look before use found", Ways: []string{"the FIN had come", "it was under way"}}
	for _, k := range checks(v) {
		way := t.Ways[1]
		if k.came() {
			way = t.Ways[0]
		}
		t.Put(k.by.Call.Op, way, claim.Told(k.said(), k.by))
	}
	return t
}
