package main

import (
	"os"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// On the caller's own stack other programs may use the port too: a client that
// keeps calling it is what self-connections come from. Its packets are no part
// of the connection that is judged.
func TestOthersPacketsAreNotCounted(t *testing.T) {
	f, err := os.Open("testdata/direct-host.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	recorded, err := journal.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	j := recorded[0]
	all := selves(tcp.New(&j))
	if len(all) == 0 {
		t.Fatal("the recording shows no self-connection")
	}
	own, other := all[0].Local, journal.Address("127.0.0.1:33333")
	n := j.Events[len(j.Events)-1].N
	add := func(src, dst journal.Address, seq, ack uint32, flags journal.Flags) {
		n++
		j.Events = append(j.Events, journal.Event{N: n, Run: j.Run, Kind: journal.KindPacket, Packet: &journal.Packet{
			Src: src, Dst: dst, Seq: seq, Ack: ack, Flags: flags, At: journal.AtDelivered,
		}})
	}
	for i := range uint32(3) {
		add(other, own, 1000*i, 0, journal.SYN)
		add(own, other, 0, 1000*i+1, journal.RST|journal.ACK)
	}
	for _, c := range []*claim.Claim{&sc2, &sc5} {
		if got := c.Judge(&j); got.Verdict != claim.Confirmed {
			t.Errorf("%s %s: %s", c.ID, got.Verdict, got.Because)
		}
	}
}
