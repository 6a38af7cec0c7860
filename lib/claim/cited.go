package claim

import "sockproof/lib/tcp"

// EachCited is Each of things that know which events a case of theirs rests on: these are cited first.
func EachCited[T any, P interface {
	*T
	Cite(c *Case)
}](list func(v *tcp.View) []T, test func(c *Case, x T)) Rule {
	return Each(list, func(c *Case, x T) {
		P(&x).Cite(c)
		test(c, x)
	})
}
