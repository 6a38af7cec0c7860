package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// sentAgain is how long a client is watched whose SYN finds room when it is sent again: the entries
// last for a second, its SYNs are sent after one and after two.
const sentAgain = 5 * time.Second

// mitigated: without cookies a flood comes to a short queue, to one that is long enough, and to one
// whose entries are given up when their first SYN-ACK was not answered.
func mitigated(t *scenario.T) {
	t.Setting("b", synAckRetries)
	t.Setting("b", somaxconn)
	t.Sysctl("b", synCookies, "0")
	out := floodAt(t, scenario.ServerPort, shortQueue)
	t.Await(shutOut, out.In(journal.Established))
	floodAt(t, scenario.ServerPort+1, 2*attackers)
	out.Close()
	t.Sysctl("b", synAckRetries, "0")
	again := floodAt(t, scenario.ServerPort+2, shortQueue)
	t.Await(sentAgain, again.In(journal.Established))
}

// without says whether there was an honest client and no cookies, and a SYN-ACK was sent again so
// many times.
func (f *flooded) without(retries string) bool {
	return f.honest != nil && f.known && f.cookies != nil && f.cookies.Setting.New == "0" && f.retries != nil && f.retries.Setting.New == retries
}

var bl35 = claim.Claim{
	ID: "BL35", Statement: "a larger queue and a shorter timeout mitigate a flood, and do not prevent it",
	Source: claim.Article000 + "; " + claim.Article001 + "; " + claim.Article003, Quantity: claim.Can, Needs: claim.NeedsStates,
	Precondition: "without cookies, a flood comes to a short queue, to a longer one, and to one whose entries are soon given up",
	Rule: claim.Once(func(c *claim.Case) {
		all := floods(c.View)
		short := slices.IndexFunc(all, func(f flooded) bool { return f.without("5") && len(f.syns) > f.backlog+1 })
		longer := slices.IndexFunc(all, func(f flooded) bool { return f.without("5") && len(f.syns) <= f.backlog })
		soon := slices.IndexFunc(all, func(f flooded) bool { return f.without("0") && len(f.syns) > f.backlog+1 })
		c.If(short >= 0 && longer >= 0 && soon >= 0)
		for _, i := range []int{short, longer, soon} {
			c.About(all[i].honest.Client, all[i].listener)
			c.Cite(all[i].cookies, all[i].retries, all[i].table)
		}
		c.Expect(!all[short].isIn(c), "%s got in through the short queue too", all[short].honest.Client.ID)
		c.ExpectSeen(all[longer].isIn(c), "%s did not get in through the longer queue", all[longer].honest.Client.ID)
		up := c.First(all[soon].honest.Client.Entered(journal.Established, journal.TCPInfo)) // accepted or not
		c.ExpectSeen(up != nil, "%s did not get in where entries are given up soon", all[soon].honest.Client.ID)
		c.Holds("after %d strangers' SYNs %s did not get in where the backlog was %d; %s did where it was %d, and %s where entries were given up after the first SYN-ACK",
			len(all[short].syns), all[short].honest.Client.ID, all[short].backlog, all[longer].honest.Client.ID, all[longer].backlog, all[soon].honest.Client.ID)
	}),
}
