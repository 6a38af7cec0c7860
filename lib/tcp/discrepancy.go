package tcp

import (
	"cmp"
	"slices"
	"strings"
)

// Rule names a rule of the confrontation.
type Rule string

// The rules.
const (
	R1 Rule = "R1" // bytes read are the stream delivered, bytes written the stream sent
	R2 Rule = "R2" // each result of a call has its cause
	R3 Rule = "R3" // each change of state has its cause, each segment delivered its effect
	R4 Rule = "R4" // the segments that the kernel counts are those that were seen
	R5 Rule = "R5" // the two witnesses of states agree
	R6 Rule = "R6" // the kernel's constants
	R7 Rule = "R7" // no error but those that TCP can give in that call
)

// Discrepancy is two accounts that cannot both be true, or an effect without its cause.
type Discrepancy struct {
	Rule        Rule     `json:"rule"`
	Sockets     []string `json:"sockets"`  // whom it is about; none, and no host: the whole run
	Hosts       []string `json:"hosts"`    // of which a stack's account is one of the two
	Accounts    []string `json:"accounts"` // what was seen, then what does not fit it
	Explanation string   `json:"explanation"`
	Events      []int    `json:"events"`
}

// String is it on one line.
func (d *Discrepancy) String() string {
	return strings.Join(d.Accounts, "; but ") + ": " + d.Explanation
}

// explanations say what would explain a contradiction that a rule has found.
var explanations = map[Rule]string{
	R1: "something between the wire and the program drops or changes bytes (nftables, a cgroup's packet filter), or a call did not do what it said",
	R2: "something other than this connection decided the result: a filter between the wire and TCP, a tracer or a security module",
	R3: "a segment that was captured did not reach TCP, or one did that was not captured: nftables, a cgroup's packet filter?",
	R4: "something between the capture and TCP drops or makes segments: nftables, a cgroup's packet filter?",
	R5: "one of the two did not look at the socket it says it did, or its account was changed",
	R6: "the value was not the kernel's, or the call was cut short",
	R7: "the call did not reach TCP: a tracer, a security module or a resource limit answered in its place",
}

func newDiscrepancy(rule Rule, about []*Socket, events []int, accounts ...string) Discrepancy {
	d := Discrepancy{
		Rule: rule, Sockets: []string{}, Hosts: []string{}, Accounts: accounts, Explanation: explanations[rule],
		Events: slices.DeleteFunc(slices.Clone(events), func(n int) bool { return n == 0 }),
	}
	for _, s := range about {
		d.Sockets = append(d.Sockets, s.ID)
	}
	slices.Sort(d.Sockets)
	slices.Sort(d.Events)
	d.Sockets, d.Events = slices.Compact(d.Sockets), slices.Compact(d.Events)
	return d
}

// contradicts notes a contradiction about an end while the view is built.
func (b *builder) contradicts(e *End, rule Rule, n int, account string, others ...int) {
	b.seen = append(b.seen, discrepancyAt{e, newDiscrepancy(rule, nil, append(others, n), account)})
}

// socketsOf are the sockets that a contradiction about an end is about: its own, or, where
// none is known to be it, all with its address.
func (v *View) socketsOf(e *End) []*Socket {
	if e.Socket != nil {
		return []*Socket{e.Socket}
	}
	var exact, some []*Socket
	for _, s := range v.Sockets {
		if s.Local == e.Local && s.Remote == e.Remote {
			exact = append(exact, s)
		}
		if s.Local == e.Local || s.Remote == e.Local {
			some = append(some, s)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return some
}

// sortDiscrepancies puts them in the order in which they arose.
func sortDiscrepancies(all []Discrepancy) {
	slices.SortStableFunc(all, func(x, y Discrepancy) int {
		return cmp.Or(slices.Compare(x.Events, y.Events), cmp.Compare(x.Rule, y.Rule), slices.Compare(x.Sockets, y.Sockets),
			slices.Compare(x.Hosts, y.Hosts), slices.Compare(x.Accounts, y.Accounts))
	})
}
