package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording causes a1 calls a closed port; a2 to a6 are reset by linger 0,
// close with data unread, data after close, data after SHUT_RDWR, and SOCK_DESTROY;
// a7 to a9 fill a queue; a10 gets an old SYN-ACK; a11's keepalive and a12's user
// timeout find nobody.

// undrawn lets no RST of a port's come, in the steps.
func undrawn(port string) journaltest.Change { return droppedInPlay(rstsOf(port)) }

// undrawnTo lets none come to a port.
func undrawnTo(port string) journaltest.Change {
	return droppedInPlay(to(port, journaltest.Flag(journal.RST)))
}

// alteredCauses: the scenario causes.
var alteredCauses = []journaltest.Case{
	{Name: "a port without a listener", Of: "causes", Do: undrawnTo("40001"), Outcome: claim.NotReproduced},
	{Name: "close() with SO_LINGER {1, 0}", Of: "causes", Do: undrawn("40002"), Outcome: claim.NotReproduced},
	{Name: "a full accept queue, tcp_abort_on_overflow", Of: "causes", Do: undrawnTo("40009"), Outcome: claim.NotReproduced},
	{Name: "the RST comes from the wrong end", Of: "causes", Do: changedAll(
		rstsOf("40002"), func(e *journal.Event) { e.Packet.Src, e.Packet.Dst = e.Packet.Dst, e.Packet.Src }), Outcome: claim.NotReproduced},
	{Name: "TCP_USER_TIMEOUT draws one", Of: "causes", Do: func(d *journaltest.Journal) {
		at := *d.First(sent("40012", journal.SYN)).Packet
		d.Carry(d.First(stateFrom("a12", journal.Established)).N, d.First(sent("40011", rstAck)), func(p *journal.Packet) { p.Src, p.Dst = at.Src, at.Dst })
	}, Outcome: claim.Reproduced},
	{Name: "without ss -K (SOCK_DESTROY)", Of: "causes", Do: droppedAll(journaltest.Call("SOCK_DESTROY")), Outcome: claim.OutcomeUnresolved},
	{Name: "without a full accept queue, tcp_abort_on_overflow", Of: "causes", Do: changedAll(
		journaltest.Setting("net.ipv4.tcp_abort_on_overflow"), journaltest.SetTo("0")), Outcome: claim.OutcomeUnresolved},
	{Name: "the client got the port that it called", Of: "causes", Do: func(d *journaltest.Journal) {
		i := slices.IndexFunc(d.Sockets, func(s journal.Socket) bool { return s.ID == "a1" })
		d.Sockets[i].Local = d.Sockets[i].Remote
	}, Outcome: claim.OutcomeUnresolved},
	{Name: "this kernel has no SOCK_DESTROY", Of: "causes", Do: changed(journaltest.Call("SOCK_DESTROY"), returns(-1, "EOPNOTSUPP")), Outcome: claim.Reproduced},
	{Name: "SOCK_DESTROY was refused", Of: "causes", Do: changed(journaltest.Call("SOCK_DESTROY"), returns(-1, "EPERM")), Outcome: claim.OutcomeUnresolved},
}
