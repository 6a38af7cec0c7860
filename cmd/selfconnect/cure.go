package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// goDial is the name under which net.Dial is journalled.
const goDial = "net.Dial"

// curedByHand judges a client that compares its own address with its peer's
// after connecting, drops a self-connection and tries again: the retry must get
// the dead port's honest answer.
func curedByHand(j *journal.Journal) claim.Finding {
	first, events := selfConnected(j)
	if events == nil {
		return notTested(j)
	}
	connects := claim.Calls(j, "", "connect")
	if len(connects) == 0 {
		return claim.Unclear("the journal does not show %s connecting", first)
	}
	retry := connects[len(connects)-1] // the client tries again until it is not itself
	closed := claim.Calls(j, first, "close")
	if retry.Socket == first || len(closed) == 0 || closed[0].N > retry.N {
		return claim.Unclear("the self-connection was dropped, but nothing was tried again")
	}
	cited := append(slices.Clone(events), closed[0].N, retry.N)
	if again := connectedToItself(j, retry.Socket); again != nil {
		return claim.Refute(append(cited, again...), "the last retry, %s, connected to itself again", retry.Socket)
	}
	refused := claim.Refusal(j, retry)
	if refused == nil {
		return claim.Unclear("the retry, %s, was not refused by the dead port either", retry.Socket)
	}
	return claim.Confirm(append(cited, refused.N), "the self-connection %s was told by its addresses and dropped, and the retry got the dead port's honest answer, ECONNREFUSED", first)
}

// cured judges the client's own check, and Go's after it.
func cured(j *journal.Journal) claim.Finding {
	f := curedByHand(j)
	if f.Verdict != claim.Confirmed {
		return f
	}
	return goIsCured(j, f.Events)
}

// goIsCured judges net.Dial: its first socket connected to itself, and it
// returned the dead port's answer all the same.
func goIsCured(j *journal.Journal, cited []int) claim.Finding {
	dials := claim.Calls(j, "", goDial)
	if len(dials) == 0 {
		return claim.Unclear("the client's own check cured it, but Go's %s was not tried", goDial)
	}
	d := dials[0]
	target := targetOf(d)
	accident := ownSYNACK(j, target)
	cited = append(cited, d.N)
	switch {
	case d.Call.Errno == "" && d.Call.Out == target+" → "+target:
		return claim.Refute(cited, "the client's own check cured it, but Go's %s returned the self-connection %s", goDial, d.Call.Out)
	case accident == nil:
		return claim.Unclear("the client's own check cured it, but Go's first socket did not connect to itself: %s", orNothing(d.Call.Errno))
	case d.Call.Errno == "ECONNREFUSED":
		return claim.Confirm(append(cited, accident.N), "both retries got the dead port's honest answer, ECONNREFUSED, after a self-connection each: the client's own and Go's %s", goDial)
	}
	return claim.Unclear("the client's own check cured it; Go's %s ended with %s", goDial, orNothing(d.Call.Errno))
}

// ownSYNACK is the SYN+ACK that an address sent itself, delivered: whoever used
// it was connected to itself.
func ownSYNACK(j *journal.Journal, address string) *journal.Event {
	for _, e := range claim.Packets(j, journal.AtDelivered) {
		if e.Packet.Src == address && e.Packet.Dst == address && claim.HasFlags(e, "SYN", "ACK") {
			return e
		}
	}
	return nil
}

func orNothing(errno string) string {
	if errno == "" {
		return "no error"
	}
	return errno
}

var sc9 = claim.Claim{
	ID:        "SC9",
	Statement: "a client that compares local and remote address after connecting, disconnects and retries, is cured (Go's net package does)",
	Source:    article004, Quantity: claim.Always,
	Precondition: "the first attempt connects to itself, and the retry may choose another source port",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets},
	Check:        cured,
}
