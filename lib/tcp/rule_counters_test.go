package tcp

import (
	"slices"
	"testing"

	"sockproof/lib/journal"
)

// What a host's stack counted is what was seen: on the wire, and on loopback for the one
// stack that both ends have.
func TestCountersOfAHost(t *testing.T) {
	const onLoopback, onHost = "halfclose/three-way-loopback", "halfclose/three-way-host"
	counts := func(host, name string, more int64) func(a *altered) {
		return func(a *altered) { a.counts(host, name, more) }
	}
	found(t, []lie{
		{"InSegs has one more", fourWay, R4, "a", counts("a", "InSegs", 1)},
		{"InSegs has one less", fourWay, R4, "b", counts("b", "InSegs", -1)},
		{"OutSegs has one more", fourWay, R4, "a", counts("a", "OutSegs", 1)},
		{"OutSegs has one less", fourWay, R4, "b", counts("b", "OutSegs", -1)},
		{"RetransSegs has one more", fourWay, R4, "a", counts("a", "RetransSegs", 1)},
		{"OutRsts has one more", fourWay, R4, "a", counts("a", "OutRsts", 1)},
		{"OutRsts has one less", unread, R4, "a", counts("a", "OutRsts", -1)},
		{"on loopback, InSegs has one more", onLoopback, R4, "a", counts("", "InSegs", 1)},
		{"on loopback, InSegs has one less", onLoopback, R4, "b", counts("", "InSegs", -1)},
		{"on loopback, OutSegs has one more", onLoopback, R4, "a", counts("", "OutSegs", 1)},
		{"on loopback, OutSegs has one less", onLoopback, R4, "a", counts("", "OutSegs", -1)},
		{"on loopback, OutRsts has one more", onLoopback, R4, "a", counts("", "OutRsts", 1)},
		{"on the host network, InSegs falls short", onHost, R4, "a", counts("", "InSegs", -1)},
		{"on the host network, OutSegs falls short", onHost, R4, "a", counts("", "OutSegs", -1)},
		{"a segment that was not seen", fourWay, R4, "a", func(a *altered) { a.removeSegment("a", "ACK", 2) }},
		{"a simultaneous opening", "simopen/cross", R4, "a", counts("a", "OutSegs", 1)},
	})
	silent(t, []truth{
		{"on the host network, others' segments count too", onHost, func(a *altered) {
			for _, name := range []string{"InSegs", "OutSegs", "OutRsts", "RetransSegs"} {
				a.counts("", name, 5)
			}
		}},
		{"the counters were not read", fourWay, func(a *altered) {
			a.without(func(e *journal.Event) bool { return e.Counter != nil })
		}},
		{"segments were folded", "selfconnect/hunt", func(a *altered) { a.counts("a", "InSegs", 1) }},
	})
}

// counted adds to a recording what TCP_INFO counted, which it did not record yet.
func counted(a *altered) {
	const window = 63 << 10 // as both ends offered it: 63, scaled by 10
	for _, x := range []struct {
		socket, state string
		info          journal.Info
	}{
		{"a1", journal.SynSent, journal.Info{SegsOut: 1}},
		{"a1", journal.Established, journal.Info{SegsIn: 1, SegsOut: 2, SndWnd: 65160}},
		{"b2", journal.Established, journal.Info{SegsIn: 2, SndWnd: window}},
		{"b2", journal.CloseWait, journal.Info{SegsIn: 5, SegsOut: 3, BytesReceived: 8, SndWnd: window}},
	} {
		i := x.info
		a.state(journal.TCPInfo, x.socket, x.state).State.Info = &i
	}
}

func TestCountsOfASocket(t *testing.T) {
	// seen changes what TCP_INFO counted by the time b2 was in CLOSE_WAIT.
	seen := func(change func(i *journal.Info)) func(a *altered) {
		return func(a *altered) {
			counted(a)
			change(a.state(journal.TCPInfo, "b2", journal.CloseWait).State.Info)
		}
	}
	found(t, []lie{
		{"segs_in has one more", fourWay, R4, "b2", seen(func(i *journal.Info) { i.SegsIn++ })},
		{"segs_in has one less", fourWay, R4, "b2", seen(func(i *journal.Info) { i.SegsIn-- })},
		{"segs_out has one more", fourWay, R4, "b2", seen(func(i *journal.Info) { i.SegsOut++ })},
		{"segs_out has two less", fourWay, R4, "b2", seen(func(i *journal.Info) { i.SegsOut -= 2 })},
		{"bytes_received has one more", fourWay, R4, "b2", seen(func(i *journal.Info) { i.BytesReceived++ })},
		{"bytes_received has no FIN", fourWay, R4, "b2", seen(func(i *journal.Info) { i.BytesReceived-- })},
		{"snd_wnd was not offered", fourWay, R4, "b2", seen(func(i *journal.Info) { i.SndWnd = 12345 })},
		{"a filter that TCP_INFO comes after", fourWay, R4, "b2", seen(func(i *journal.Info) { i.SegsIn, i.BytesReceived = 2, 0 })},
	})
	silent(t, []truth{
		{"what was counted is what was seen", fourWay, counted},
		{"a segment left just before the reading, and was seen after it", fourWay, seen(func(i *journal.Info) { i.SegsOut-- })},
		{"a sample has it", fourWay, func(a *altered) {
			at := a.call("b2", "read", 0)
			a.put(at.N, journal.Event{T: at.T, Host: "b", Socket: "b2", Kind: journal.KindSample, Sample: &journal.Sample{
				Witness: journal.TCPInfo, State: journal.Established,
				Info: &journal.Info{SegsIn: 3, SegsOut: 1, BytesReceived: 7, SndWnd: 63 << 10},
			}})
		}},
	})
}

func TestSegmentsTravel(t *testing.T) {
	found(t, []lie{
		{"delivered and never sent", fourWay, R4, "b2", func(a *altered) {
			n := a.segment("a", journal.AtSent, "FIN,ACK", 0).N
			a.without(func(e *journal.Event) bool { return e.N == n })
		}},
		{"delivered of none", fourWay, R4, "b2", func(a *altered) { a.segment("b", journal.AtDelivered, "FIN,ACK", 0).Packet.Of = 0 }},
		{"delivered with another number", fourWay, R4, "b2", func(a *altered) { a.segment("b", journal.AtDelivered, "FIN,ACK", 0).Packet.Seq++ }},
		{"delivered with other flags", fourWay, R4, "b2", func(a *altered) {
			a.segment("b", journal.AtDelivered, "FIN,ACK", 0).Packet.Flags = journal.RST | journal.ACK
		}},
		{"delivered with another window", fourWay, R4, "a1", func(a *altered) { a.segment("a", journal.AtDelivered, "ACK", 0).Packet.Win++ }},
		{"delivered from elsewhere", fourWay, R4, "b2", func(a *altered) {
			a.segment("b", journal.AtDelivered, "SYN", 0).Packet.Src = "192.0.2.1:40009"
		}},
		{"sent without a fate", "lingerreset/sigpipe", R4, "b2", func(a *altered) {
			n := a.segment("b", journal.AtDelivered, "FIN,ACK", 0).N
			b := a.segment("a", journal.AtDelivered, "FIN,ACK", 0).N
			a.without(func(e *journal.Event) bool { return e.N == n || e.N == b })
		}},
	})
	silent(t, []truth{
		{"dropped on the wire", "simopen/lost-syn", func(a *altered) { a.segment("a", journal.AtDropped, "SYN", 0) }},
		{"counted instead of kept", "staleresp/time-wait", func(a *altered) {
			if !slices.ContainsFunc(a.Events, func(e journal.Event) bool { return isSegmentBulk(&e) }) {
				a.Fatal("nothing is in bulk")
			}
		}},
	})
}
