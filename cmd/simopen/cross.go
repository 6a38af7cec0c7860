package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// needsAll are the witnesses of what is seen step by step.
var needsAll = []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets}

// simultaneous is the precondition of most statements; the finding says why it
// did not arise.
func simultaneous(j *journal.Journal) (pair, claim.Finding, bool) {
	p, ok := opened(j)
	if !ok {
		return p, notOpened(j), false
	}
	if !crossed(j) {
		return p, claim.Unclear("the SYNs did not cross"), false
	}
	if l := lost(j); len(l) > 0 {
		return p, claim.Unclear("a segment was lost (#%d)", l[0].N), false
	}
	return p, claim.Finding{}, true
}

var so1 = claim.Claim{
	ID:        "SO1",
	Statement: "two clients that connect to each other become connected, with no server and no listen()",
	Source:    article004, Quantity: claim.Can,
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo, journal.SockDiag},
	Check: func(j *journal.Journal) claim.Finding {
		if l := claim.Calls(j, "", "listen"); len(l) > 0 {
			return claim.Unclear("a socket listened in this run (#%d)", l[0].N)
		}
		p, ok := opened(j)
		if !ok {
			return notOpened(j)
		}
		empty, found := listenerTables(j)
		if found != nil {
			return claim.Unclear("somebody listened (#%d): %s", found.N, strings.Join(found.Table.Sockets, ", "))
		}
		if len(empty) == 0 {
			return claim.Unclear("nobody looked whether somebody listens")
		}
		return claim.Confirm(append(slices.Clone(p.events), empty...),
			"%s and %s were ESTABLISHED with each other; listen() was never called, and sock_diag listed no listener in %d looks", p.a, p.b, len(empty))
	},
}

// listenerTables lists the looks for listeners that found none, and the first
// that found one.
func listenerTables(j *journal.Journal) (empty []int, found *journal.Event) {
	for i := range j.Events {
		e := &j.Events[i]
		if e.Table == nil || !slices.Contains(e.Table.States, journal.Listen) {
			continue
		}
		if len(e.Table.Sockets) > 0 {
			return nil, e
		}
		empty = append(empty, e.N)
	}
	return empty, nil
}

// needed splits the segments of the opening into those that had been delivered
// when both ends were ESTABLISHED, and those that came after. Answers to what
// the kernel sent again count among the latter: nothing waited for them.
func needed(j *journal.Journal, p pair) (before, after []*journal.Event) {
	a, b := connected(j, p.a)[0], connected(j, p.b)[0]
	both := max(a.N, b.N)
	for _, o := range claim.Opening(j) {
		arrived := slices.IndexFunc(claim.Packets(j, journal.AtDelivered), func(d *journal.Event) bool {
			return d.Packet.Of == o.N && d.N < both
		})
		if arrived >= 0 && !answersRepetition(j, o) {
			before = append(before, o)
		} else {
			after = append(after, o)
		}
	}
	return before, after
}

// answersRepetition says whether a host sent a segment because one that it had
// already been sent came again.
func answersRepetition(j *journal.Journal, sent *journal.Event) bool {
	cause := claim.Cause(j, sent)
	return cause != nil && cause.Packet != nil && slices.ContainsFunc(claim.Segments(j), func(s claim.Segment) bool {
		return s.Event.N == cause.Packet.Of && s.Repeats != 0
	})
}

var so2 = claim.Claim{
	ID: "SO2", Statement: "the opening takes four segments in all (“four-way handshake”)",
	Source: article004 + "; RFC 9293 figure 7", Quantity: claim.Always,
	Precondition: "both SYNs are under way before either arrives, and nothing is lost",
	Needs:        needsAll,
	Check: func(j *journal.Journal) claim.Finding {
		p, f, ok := simultaneous(j)
		if !ok {
			return f
		}
		all := claim.Opening(j)
		before, after := needed(j, p)
		switch {
		case len(all) == 4:
			return claim.Confirm(claim.Numbers(all...), "it took %s", claim.FlagsOf(all))
		case len(all) < 4:
			return claim.Refuse(j, claim.Numbers(all...), "it took %d: %s", len(all), claim.FlagsOf(all))
		}
		return claim.Refute(claim.Numbers(all...), "it took %d: %s were needed for both ends to be ESTABLISHED, %s came after, in answer to the SYN+ACKs",
			len(all), claim.FlagsOf(before), claim.FlagsOf(after))
	},
}

var so10 = claim.Claim{
	ID: "SO10", Statement: "four segments are enough: after the fourth both ends are ESTABLISHED",
	Source: "RFC 9293 figure 7", Quantity: claim.Always,
	Precondition: "both SYNs are under way before either arrives, and nothing is lost",
	Needs:        needsAll,
	Check: func(j *journal.Journal) claim.Finding {
		p, f, ok := simultaneous(j)
		if !ok {
			return f
		}
		before, _ := needed(j, p)
		cited := append(claim.Numbers(before...), p.events...)
		if len(before) <= 4 {
			return claim.Confirm(cited, "both were ESTABLISHED after %s", claim.FlagsOf(before))
		}
		return claim.Refute(cited, "it took %d until both were: %s", len(before), claim.FlagsOf(before))
	},
}

// onBoth judges a path of states on both ends.
func onBoth(j *journal.Journal, p pair, steps []claim.Step, by journal.Witness) claim.Finding {
	fa := claim.Follows(j, p.a, "the other's", steps, by)
	fb := claim.Follows(j, p.b, "the other's", steps, by)
	for _, f := range []claim.Finding{fa, fb} {
		if f.Verdict != claim.Confirmed {
			return f
		}
	}
	return claim.Confirm(append(slices.Clone(fa.Events), fb.Events...), "on both ends %s", fa.Because)
}

// opensBy is a claim about one step of the opening, on both ends.
func opensBy(id, statement string, step claim.Step) claim.Claim {
	return claim.Claim{
		ID: id, Statement: statement, Source: article004, Quantity: claim.Always,
		Precondition: "both SYNs are under way before either arrives, and nothing is lost",
		Needs:        needsAll,
		Check: func(j *journal.Journal) claim.Finding {
			p, f, ok := simultaneous(j)
			if !ok {
				return f
			}
			return onBoth(j, p, []claim.Step{step}, journal.TCPInfo)
		},
	}
}

var (
	so3 = opensBy("SO3", "each goes SYN_SENT → SYN_RECV on the other's SYN",
		claim.Step{From: journal.SynSent, To: journal.SynRecv, On: []string{"SYN"}})
	so4 = opensBy("SO4", "each goes SYN_RECV → ESTABLISHED on the other's SYN-ACK (nothing lost)",
		claim.Step{From: journal.SynRecv, To: journal.Established, On: []string{"SYN", "ACK"}})
)

var so5 = claim.Claim{
	ID: "SO5", Statement: "it is one connection, not two",
	Source: rfc9293, Quantity: claim.Always,
	Precondition: "two clients connect to each other at once",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo, journal.SockDiag, journal.Counters},
	Check: func(j *journal.Journal) claim.Finding {
		p, f, ok := simultaneous(j)
		if !ok {
			return f
		}
		tables := established(j)
		if len(tables) != 2 {
			return claim.Unclear("the sockets of both hosts were not listed while it lasted")
		}
		cited := claim.Numbers(tables...)
		for _, t := range tables {
			if len(t.Table.Sockets) == 0 {
				return claim.Unclear("host %s listed no socket of it (#%d)", t.Host, t.N)
			}
			if len(t.Table.Sockets) != 1 {
				return claim.Refute(cited, "host %s had %d sockets of it: %s", t.Host, len(t.Table.Sockets), strings.Join(t.Table.Sockets, ", "))
			}
		}
		active, passive := opens(j)
		if len(passive) > 0 || active["a"] != 1 || active["b"] != 1 {
			return claim.Refute(cited, "ActiveOpens moved by %d on a and %d on b, PassiveOpens on %d hosts", active["a"], active["b"], len(passive))
		}
		return claim.Confirm(append(cited, p.events...), "each host had one socket of it, %s and %s; ActiveOpens +1 on each, PassiveOpens on neither", p.a, p.b)
	},
}

// established lists the listings of connected sockets, the last of each host.
func established(j *journal.Journal) []*journal.Event {
	last := map[string]*journal.Event{}
	for i := range j.Events {
		e := &j.Events[i]
		if e.Table != nil && slices.Contains(e.Table.States, journal.Established) {
			last[e.Host] = e
		}
	}
	var all []*journal.Event
	for _, h := range []string{"a", "b"} {
		if last[h] != nil {
			all = append(all, last[h])
		}
	}
	return all
}

// opens is how far the counters of openings moved, by host.
func opens(j *journal.Journal) (active, passive map[string]int64) {
	active, passive = map[string]int64{}, map[string]int64{}
	for _, e := range j.Events {
		switch {
		case e.Counter == nil:
		case e.Counter.Name == "ActiveOpens":
			active[e.Host] = e.Counter.Delta
		case e.Counter.Name == "PassiveOpens":
			passive[e.Host] = e.Counter.Delta
		}
	}
	return active, passive
}

var so9 = claim.Claim{
	ID: "SO9", Statement: "both closing at once goes FIN_WAIT1 → CLOSING → TIME_WAIT on both ends",
	Source: article003 + "; " + article004, Quantity: claim.Always,
	Precondition: "both FINs are under way before either arrives",
	Needs:        append(slices.Clone(needsAll), journal.SockDiag),
	Check: func(j *journal.Journal) claim.Finding {
		p, ok := opened(j)
		if !ok {
			return notOpened(j)
		}
		if !underWay(j, "FIN", "ACK") {
			return claim.Unclear("the FINs did not cross")
		}
		return throughClosing(j, p)
	},
}

// closedAtOnce is the phenomenon: both FINs were under way before either arrived.
var closedAtOnce = claim.Phenomenon{
	Needs: so9.Needs,
	Check: func(j *journal.Journal) claim.Finding {
		p, ok := opened(j)
		if !ok {
			return whyNot(j)
		}
		if !underWay(j, "FIN", "ACK") {
			return claim.Refute(p.events, "%s and %s connected, but their FINs did not cross", p.a, p.b)
		}
		return throughClosing(j, p)
	},
}

// throughClosing judges that both ends passed CLOSING, by TCP_INFO while it
// lasted, and came to TIME_WAIT, by sock_diag.
func throughClosing(j *journal.Journal, p pair) claim.Finding {
	closing := onBoth(j, p, []claim.Step{{From: journal.FinWait1, To: journal.Closing, On: []string{"FIN", "ACK"}}}, journal.TCPInfo)
	if closing.Verdict != claim.Confirmed {
		return closing
	}
	wait := onBoth(j, p, []claim.Step{
		{From: journal.FinWait1, To: journal.Closing, On: []string{"FIN", "ACK"}},
		{From: journal.Closing, To: journal.TimeWait, On: []string{"ACK"}},
	}, journal.SockDiag)
	wait.Events = append(slices.Clone(closing.Events), wait.Events...)
	return wait
}
