package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// answer is what became of a server's answer, of which a part was still unsent
// when the server ended the connection with a part of the request unread.
type answer struct {
	delivery
	unread int64
}

// answers lists them by the way the server ended the connection.
func answers(j *journal.Journal, name string) []answer {
	var all []answer
	for _, d := range deliveries(j) {
		unread := d.Unread(d.Who, d.By)
		if d.Who == d.Server && d.Name() == name && unread > 0 && d.end != nil {
			all = append(all, answer{d, unread})
		}
	}
	return all
}

// losesTheEnd judges that closing at once truncates the answer, and that shutting
// down, reading to the end and closing then does not.
func losesTheEnd(j *journal.Journal) claim.Finding {
	closed, lingered := answers(j, claim.Closed), answers(j, claim.ShutWrite)
	if len(closed) == 0 || len(lingered) == 0 {
		if f, ok := claim.Complete(j); !ok {
			return f
		}
		return claim.Unclear("no server was seen to end a connection in both ways with a part of the request unread and a part of the answer unsent")
	}
	x, y := closed[0], lingered[0]
	cited := claim.Numbers(x.By, x.end, y.By, y.end)
	switch {
	case x.got == x.given:
		return claim.Refute(cited, "%s closed with %d bytes of the request unread, and the client got all %d bytes of the answer", x.Who, x.unread, x.given)
	case y.got != y.given || !claim.IsEnd(y.end):
		return claim.Refuse(j, cited, "%s shut down instead, and the client got %d of %d bytes, then %s", y.Who, y.got, y.given, claim.Returned(y.end))
	}
	return claim.Confirm(cited, "%s closed with %d bytes of the request unread: the client got %d of %d bytes, then %s; %s shut down, read on, and closed after the client: %d of %d, then the end",
		x.Who, x.unread, x.got, x.given, claim.Returned(x.end), y.Who, y.got, y.given)
}

var hc33 = claim.Claim{
	ID: "HC33", Statement: "a server that answers and closes while the request is partly unread loses the end of its answer; shutting down, then reading to the end, does not",
	Source: "RFC 9112 §9.6", Quantity: claim.Always,
	Precondition: "a part of the answer is still unsent when the server ends the connection",
	Needs:        needsPackets, Check: losesTheEnd,
}
