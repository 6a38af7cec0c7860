package evidence

import (
	"slices"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/privacy"
	"sockproof/lib/report"
	"sockproof/lib/tcp"
)

var tool = report.Tool{Name: "simopen", Version: "1.2.0", Commit: "0123abc", Go: "go1.26"}

// hasSYN is a claim that a test can make wrong.
var hasSYN = claim.Claim{
	ID: "T1", Statement: "a connection begins with a SYN", Source: "RFC 9293", Quantity: claim.Can,
	Rule: claim.Once(func(c *claim.Case) {
		if syn := c.FirstSegment(tcp.With(c.FirstSent(), packet.SYN)); syn != nil {
			c.Holds("event %d is one", syn.N)
		}
		c.Cite(c.Event(1))
		c.Expect(false, "there was none")
	}),
}

// judged judges as a program does that has one scenario, cross.
func judged(j journal.Journal) report.Run {
	o := claim.NotReproduced
	f := hasSYN.Judge(&j)
	if f.Verdict == claim.Inconclusive { // a program whose claim can be refuted
		f.Verdict, f.Because = claim.Refuted, "there was none"
	}
	if f.Verdict == claim.Confirmed {
		o = claim.Reproduced
	}
	r := report.NewRun(j, "both call", o, f.Because, []claim.Finding{f})
	r.Discrepancies = []tcp.Discrepancy{} // its witnesses were confronted
	return r
}

var judge = Judge{Tool: tool, Standard: "alone", Report: func(j journal.Journal) (report.Run, bool) { return judged(j), j.Scenario == "cross" }}

// script writes a journal by hand.
type script struct{ journal.Journal }

func (p *script) add(e journal.Event) int {
	e.N, e.Run, e.T = len(p.Events)+1, 1, int64(len(p.Events)+1)*1000
	p.Events = append(p.Events, e)
	return e.N
}

// segment puts a segment between two addresses on the wire, and lets it arrive.
func (p *script) segment(t testing.TB, from, to journal.Address, flags packet.Flags, payload string) {
	t.Helper()
	hosts := map[journal.Address]string{}
	for _, s := range p.Sockets {
		hosts[s.Local] = s.Host
	}
	raw, err := (&packet.Packet{
		Src: from.AddrPort(), Dst: to.AddrPort(), Flags: flags, Seq: 7, Payload: []byte(payload),
		Options: packet.Options{packet.KindMSS, 4, 0x05, 0xb4},
	}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := packet.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	n := p.add(journal.Event{Host: hosts[from], Kind: journal.KindPacket, Packet: packet.Event(decoded, journal.AtSent)})
	arrived := packet.Event(decoded, journal.AtDelivered)
	arrived.Bytes, arrived.Of = nil, n
	p.add(journal.Event{Host: hosts[to], Kind: journal.KindPacket, Packet: arrived})
}

const addrA, addrB journal.Address = "192.0.2.1:5001", "192.0.2.2:5002"

// cross is a journal with a little of everything.
func cross(t testing.TB, a, b journal.Address) journal.Journal {
	p := &script{journal.Journal{
		Run: 1, Scenario: "cross", Network: journal.Wire, Family: journal.IPv4, ElapsedNS: 99_000, BeganNS: 1_000_000,
		Witnesses: []journal.WitnessStatus{
			{Name: journal.Calls, Status: journal.Attached},
			{Name: journal.TCPInfo, Status: journal.Attached},
			{Name: journal.Packets, Status: journal.Attached},
			{Name: journal.SockDiag, Status: journal.Attached},
			{Name: journal.Trace, Status: journal.Unavailable, Reason: "EPERM"},
		},
		Sockets: []journal.Socket{{ID: "a1", Host: "a", Local: a, Remote: b}, {ID: "b1", Host: "b", Local: b, Remote: a}},
	}}
	p.add(journal.Event{Host: "a", Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{
		Op: "connect", Args: []string{"a1", string(b)}, Result: -1, Errno: "EINPROGRESS", TookNS: 9,
	}})
	p.segment(t, a, b, packet.SYN, "")
	p.add(journal.Event{Host: "b", Socket: "b1", Kind: journal.KindState, State: &journal.State{From: journal.SynSent, To: journal.SynRecv, Witness: journal.TCPInfo}})
	p.segment(t, b, a, packet.SYN|packet.ACK, "")
	p.segment(t, a, b, packet.PSH|packet.ACK, "hello")
	p.add(journal.Event{Kind: journal.KindNote, Note: &journal.Note{Text: "that was all"}})
	return p.Journal
}

// captured is a journal of the wire as it would be if its packets had been captured
// on lo: only where they arrived.
func captured(j journal.Journal, n journal.Network) journal.Journal {
	j.Network, j.Events = n, slices.Clone(j.Events)
	var left []byte
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.Packet == nil:
		case e.Packet.At == journal.AtSent:
			left = e.Packet.Bytes
			e.Kind, e.Packet, e.Note = journal.KindNote, nil, &journal.Note{Text: "a packet leaves"}
		default:
			p := *e.Packet
			p.Bytes, p.Of = left, 0
			e.Packet = &p
		}
	}
	return j
}

var started = time.Date(2026, 3, 1, 12, 0, 0, 5, time.FixedZone("", 3600))

// reportOf is what a program reports of journals.
func reportOf(journals ...journal.Journal) report.Report {
	r := report.Report{
		Schema: report.Schema, Tool: tool, Started: started,
		Machine: report.Machine{Kernel: "Linux 6.18.5", Arch: "amd64", Privilege: "uid 1000", Settings: map[string]string{"net.ipv4.tcp_timestamps": "1"}},
	}
	for _, j := range journals {
		run := judged(j)
		r.Tally.Add(run.Outcome)
		r.Runs = append(r.Runs, run)
	}
	return r
}

// sample is a bundle.
func sample(t testing.TB) *Bundle {
	return New(reportOf(cross(t, addrA, addrB)), How{Command: []string{"simopen", "cross"}, Label: "here", Repeat: 1, Names: &privacy.Names{}, Judge: judged})
}

// rendered is a bundle's files.
func rendered(t testing.TB, b *Bundle) files {
	t.Helper()
	all, err := b.render()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mustHold verifies files that must hold.
func mustHold(t *testing.T, all files) *Result {
	t.Helper()
	r, err := verify(all, judge)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Problems {
		t.Error(p)
	}
	return r
}

// archived are files as one archive.
func archived(t testing.TB, all files) []byte {
	t.Helper()
	b, err := zipOf(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
