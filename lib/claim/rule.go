package claim

import (
	"slices"

	"sockproof/lib/tcp"
)

// Rule finds the cases of a claim in a view, and tests each.
type Rule func(v *tcp.View, lenient bool) []*Case

// Once tests the run as a whole: one case.
func Once(test func(c *Case)) Rule {
	return func(v *tcp.View, lenient bool) []*Case {
		return tried((&Case{View: v, lenient: lenient}).try(test))
	}
}

// AfterCall tests what followed each call of one kind that succeeded: a connect() that
// returned EINPROGRESS did not.
func AfterCall(op string, test func(c *Case)) Rule {
	return func(v *tcp.View, lenient bool) []*Case {
		var all []*Case
		for _, e := range v.Calls(op) {
			if e.Call.Errno != "" {
				continue
			}
			c := &Case{View: v, Call: e, Socket: v.Socket(e.Socket), lenient: lenient}
			c.Cite(e)
			c.About(c.Socket)
			all = append(all, tried(c.try(test))...)
		}
		return all
	}
}

// Cited is a thing that knows what every case of it rests on: the sockets and the events that it
// is made of.
type Cited interface{ Cite(c *Case) }

// Each tests everything of one kind that a view has: state intervals, connections,
// exchanges, pairs of incarnations. What is Cited is cited before it is tested.
func Each[T any](list func(v *tcp.View) []T, test func(c *Case, x T)) Rule {
	return func(v *tcp.View, lenient bool) []*Case {
		var all []*Case
		for _, x := range list(v) {
			c := &Case{View: v, lenient: lenient}
			all = append(all, tried(c.try(func(c *Case) {
				if x, is := any(x).(Cited); is {
					x.Cite(c)
				}
				test(c, x)
			}))...)
		}
		return all
	}
}

// EachConn tests every connection of the run.
func EachConn(test func(c *Case, conn *tcp.Conn)) Rule {
	return Each(func(v *tcp.View) []*tcp.Conn { return v.Conns }, func(c *Case, conn *tcp.Conn) {
		c.About(conn.Client, conn.Server)
		test(c, conn)
	})
}

// AfterEnding tests every connection of which one end was ended first by one call, by its
// name (tcp.Closed, …).
func AfterEnding(name string, test func(c *Case, e tcp.Ending)) Rule {
	return Each(tcp.EndedBy(name), func(c *Case, e tcp.Ending) {
		c.About(e.Who)
		c.Cite(e.By)
		test(c, e)
	})
}

// Missing is the first of some kinds that no thing is of; missing: there is one. A contrast
// needs things of each kind, and so does a claim whose counter-example is known.
func Missing[X any, K comparable](all []X, kind func(x *X) K, of ...K) (k K, missing bool) {
	for _, k := range of {
		if !slices.ContainsFunc(all, func(x X) bool { return kind(&x) == k }) {
			return k, true
		}
	}
	return k, false
}

// GivenEach asks that there is a thing of each of some kinds, as a contrast does; else the case
// is inconclusive. without says why, with a verb for the kind that is missing.
func GivenEach[X any, K comparable](c *Case, all []X, kind func(x *X) K, without string, of ...K) {
	k, missing := Missing(all, kind, of...)
	c.Given(!missing, without, k)
}

// ChallengedByEach is GivenEach where the kinds are known counter-examples (Challenged).
func ChallengedByEach[X any, K comparable](c *Case, all []X, kind func(x *X) K, without string, of ...K) {
	k, missing := Missing(all, kind, of...)
	c.Challenged(!missing, without, k)
}

// Contrast is two things of which a claim says that they differ, or that they do not.
type Contrast[X any] struct{ One, Other X }

// Contrasts is the contrast of the first of some things to the first of others; none where there
// are not both.
func Contrasts[X any](some, others []X) []Contrast[X] {
	if len(some) == 0 || len(others) == 0 {
		return nil
	}
	return []Contrast[X]{{some[0], others[0]}}
}

// tried is a case as a list; nil is none.
func tried(c *Case) []*Case {
	if c == nil {
		return nil
	}
	return []*Case{c}
}
