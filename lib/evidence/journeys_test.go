package evidence

import (
	"slices"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// TestContradictingPackets are journeys that no packet makes.
func TestContradictingPackets(t *testing.T) {
	p := func(j *journal.Journal, event int) *journal.Packet { return j.Events[event-1].Packet }
	like := func(j *journal.Journal, event, other int, of int) {
		at := p(j, event).At
		*p(j, event) = *p(j, other)
		p(j, event).At, p(j, event).Of = at, of
	}
	wantContradictions(t, func() journal.Journal { return cross(t, addrA, addrB) }, map[string]contradiction{
		"other bytes":       {func(j *journal.Journal) { like(j, 8, 5, 7) }, ", event 8: it has other bytes than the packet that it is, of event 7"},
		"of a later one":    {func(j *journal.Journal) { like(j, 3, 7, 7); p(j, 3).Bytes = nil }, ", event 3: event 7 is no packet that was sent before"},
		"of none":           {func(j *journal.Journal) { p(j, 3).Of = 99 }, ", event 3: event 99 is no packet"},
		"of a call":         {func(j *journal.Journal) { p(j, 3).Of = 1 }, ", event 3: event 1 is no packet"},
		"of an arrival":     {func(j *journal.Journal) { like(j, 5, 2, 3); p(j, 5).At = journal.AtDelivered }, ", event 5: event 3 is no packet"},
		"never sent":        {func(j *journal.Journal) { p(j, 3).Of, p(j, 3).Bytes = 0, p(j, 2).Bytes }, ", event 3: it was delivered, and no event says that it was sent"},
		"held, never sent":  {func(j *journal.Journal) { p(j, 3).Of, p(j, 3).At = 0, journal.AtHeld }, ", event 3: it was held, and no event"},
		"somewhere":         {func(j *journal.Journal) { p(j, 2).At = "teleported" }, `, event 2: no packet is "teleported"`},
		"sent of another":   {func(j *journal.Journal) { p(j, 7).Of = 2 }, ", event 7: it left a host, and is of event 2"},
		"sent as a copy":    {func(j *journal.Journal) { p(j, 7).Copy = true }, ", event 7: it left a host, and is of event 0, or a copy"},
		"a reason":          {func(j *journal.Journal) { p(j, 3).Reason = "it is forged" }, ", event 3: it was delivered, and has a reason not to be"},
		"another's address": {func(j *journal.Journal) { j.Events[4].Host = "a" }, ", event 5: 192.0.2.2 is an address of host b"},
		"a host of none":    {func(j *journal.Journal) { j.Events[1].Host = "z" }, `, event 7: 192.0.2.1 is an address of host z, not of "a"`},
		"another's payload": {func(j *journal.Journal) { p(j, 8).Payload = &journal.Digest{Len: 5} }, ", event 8: it has another payload"},
		"checksums":         {func(j *journal.Journal) { p(j, 2).Bytes[37] ^= 1 }, ", event 2: its checksums are not those of its bytes"},
		"IP checksum":       {func(j *journal.Journal) { p(j, 2).Bytes[10] ^= 1 }, ", event 2: its checksums are not those of its bytes"},
		"of lo":             {func(j *journal.Journal) { j.Network = journal.Loopback }, ", event 2: only on the wire is a packet sent"},
	})
}

// TestContradictingCaptures are packets that nobody captures on lo.
func TestContradictingCaptures(t *testing.T) {
	p := func(j *journal.Journal) *journal.Packet { return j.Events[7].Packet }
	wantContradictions(t, func() journal.Journal { return captured(cross(t, addrA, addrB), journal.Loopback) }, map[string]contradiction{
		"held":     {func(j *journal.Journal) { p(j).At = journal.AtHeld }, ", event 8: only on the wire is a packet held"},
		"dropped":  {func(j *journal.Journal) { p(j).At = journal.AtDropped }, ", event 8: only on the wire is a packet dropped"},
		"injected": {func(j *journal.Journal) { p(j).At = journal.AtInjected }, ", event 8: only on the wire is a packet injected"},
		"a copy":   {func(j *journal.Journal) { p(j).Copy = true }, ", event 8: only on the wire is a packet delivered, of another, or a copy"},
		"of one":   {func(j *journal.Journal) { p(j).Of = 3 }, ", event 8: only on the wire is a packet delivered, of another, or a copy"},
		"no bytes": {func(j *journal.Journal) { p(j).Bytes = nil }, ", event 8: its bytes are not there: on loopback every"},
	})
}

// TestInjectedAsItIs: what somebody made up may have any checksum.
func TestInjectedAsItIs(t *testing.T) {
	p := &play{cross(t, addrA, addrB)}
	raw := slices.Clone(p.Events[1].Packet.Bytes)
	raw[37] ^= 1
	decoded, err := packet.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	p.add(journal.Event{Host: "b", Kind: journal.KindPacket, Packet: packet.Event(decoded, journal.AtInjected)})
	mustHold(t, rendered(t, New(reportOf(p.Journal), How{Repeat: 1})))
}

// TestTheWireMayDoSo: what the wire does to packets is no contradiction.
func TestTheWireMayDoSo(t *testing.T) {
	p := &play{cross(t, addrA, addrB)}
	p.segment(t, addrA, addrB, packet.ACK, "again")
	sent := *p.Events[len(p.Events)-2].Packet
	for _, w := range []journal.Packet{
		{At: journal.AtHeld}, {At: journal.AtDelivered, Copy: true}, {At: journal.AtDropped, Reason: "by hand", Copy: true}, {At: journal.AtInjected},
	} {
		e := sent
		e.At, e.Copy, e.Reason, e.Of, e.Bytes = w.At, w.Copy, w.Reason, 10, nil
		host := "a"
		if w.At == journal.AtDelivered || w.At == journal.AtInjected {
			host = "b"
		}
		p.add(journal.Event{Host: host, Kind: journal.KindPacket, Packet: &e})
	}
	mustHold(t, rendered(t, New(reportOf(p.Journal), How{Repeat: 1})))
}
