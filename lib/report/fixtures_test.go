package report

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// script writes a journal as the program would: events a few microseconds
// apart, packets taken from a host and delivered one by one.
type script struct {
	j journal.Journal
	t int64
}

func newScript(scenario string, n journal.Network) *script {
	return &script{j: journal.Journal{Run: 1, Scenario: scenario, Network: n, Family: journal.IPv4}}
}

func (s *script) witnesses(names ...journal.Witness) *script {
	for _, w := range names {
		s.j.Witnesses = append(s.j.Witnesses, journal.WitnessStatus{Name: w, Status: journal.Attached})
	}
	return s
}

func (s *script) socket(id string, local, remote journal.Address) *script {
	s.j.Sockets = append(s.j.Sockets, journal.Socket{ID: id, Host: id[:1], Local: local, Remote: remote})
	return s
}

func (s *script) add(e journal.Event) int {
	s.t += 7_300
	e.N, e.Run, e.T = len(s.j.Events)+1, s.j.Run, s.t
	s.j.Events = append(s.j.Events, e)
	return e.N
}

func (s *script) call(socket, op string, result int64, errno journal.Errno, args ...string) *journal.Call {
	c := &journal.Call{Op: op, Args: append([]string{socket}, args...), Result: result, Errno: errno, TookNS: 12_400}
	s.add(journal.Event{Host: socket[:1], Socket: socket, Kind: journal.KindCall, Call: c})
	return c
}

func (s *script) seen(socket, from, to string, by ...journal.Witness) int {
	n := 0
	for _, w := range by {
		n = s.add(journal.Event{
			Host: socket[:1], Socket: socket, Kind: journal.KindState,
			State: &journal.State{From: from, To: to, Witness: w},
		})
	}
	return n
}

func (s *script) sample(socket, state string) int {
	return s.add(journal.Event{Host: socket[:1], Socket: socket, Kind: journal.KindSample, Sample: &journal.Sample{
		Witness: journal.SockDiag, State: state, Timer: "on", TimerMS: 996, TxQueue: 1,
	}})
}

// tcp is a segment from src to dst.
func segment(src, dst journal.Address, flags string, seq, ack uint32, length int) journal.Packet {
	p := journal.Packet{
		Src: src, Dst: dst, Flags: journal.FlagsOf(strings.Split(flags, ",")...), Seq: seq, Ack: ack, Win: 64240, Len: length,
		Bytes: make([]byte, 40+length),
	}
	if p.Flags.Has(journal.SYN) {
		p.Options = []string{"mss 1460", "sackOK", "TS val 1 ecr 0", "wscale 7"}
	}
	return p
}

// at journals a packet somewhere on its way; of is the event in which it was sent.
func (s *script) at(where, host string, p journal.Packet, of int) int {
	p.At, p.Of = where, of
	return s.add(journal.Event{Host: host, Kind: journal.KindPacket, Packet: &p})
}

func (s *script) carry(from, to string, p journal.Packet) {
	n := s.at(journal.AtSent, from, p, 0)
	s.at(journal.AtDelivered, to, p, n)
}

func (s *script) finish(title string, o claim.Outcome, why string, findings ...claim.Finding) Run {
	s.j.ElapsedNS = s.t + 50_000
	for i := range findings {
		if findings[i].Events == nil {
			findings[i].Events = []int{}
		}
	}
	return NewRun(s.j, title, o, why, findings)
}

func finding(id, statement, source string, v claim.Verdict, because string, events ...int) claim.Finding {
	return claim.Finding{
		Claim: id, Statement: statement, Source: source, Quantity: claim.Can, Verdict: v, Because: because, Events: events,
	}
}

func reportOf(runs ...Run) *Report {
	r := &Report{
		Schema:  Schema,
		Tool:    Tool{Name: "selfconnect", Version: "v0.1.0", Commit: "0123abc", Go: "go1.26.8"},
		Started: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC),
		Machine: Machine{
			Kernel: "Linux 6.18.5", Arch: "amd64", Privilege: "uid 1000 in a user namespace",
			Settings: map[string]string{"net.ipv4.tcp_timestamps": "1", "net.ipv4.tcp_tw_reuse": "2"},
		},
		Runs: runs,
	}
	for i := range runs {
		r.Tally.Add(runs[i].Outcome)
	}
	return r
}

const (
	synSent = "SYN_SENT"
	a80     = "192.0.2.1:8080"
	b80     = "192.0.2.2:8080"
)

// selfConnection: one socket connects to its own address on the wire.
func selfConnection() *Report {
	s := newScript("direct", journal.Wire).
		witnesses(journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag, journal.Counters).
		socket("a1", a80, a80)
	s.j.NetworkWhy = "the strongest that can be had here"
	s.j.Witnesses = append(s.j.Witnesses, journal.WitnessStatus{
		Name: journal.Trace, Status: journal.Unavailable, Reason: "loading a program needs root: EPERM",
	})
	const isn = 2_713_845_112
	seg := func(flags string, seq, ack uint32, n int) journal.Packet {
		return segment(a80, a80, flags, isn+seq, isn+ack, n)
	}
	w2 := []journal.Witness{journal.TCPInfo, journal.SockDiag}

	s.call("a1", "socket", 7, "", "AF_INET", "SOCK_STREAM|SOCK_NONBLOCK", "0")
	s.call("a1", "bind", 0, "", a80)
	s.call("a1", "connect", -1, "EINPROGRESS", a80)
	s.seen("a1", "CLOSE", synSent, w2...)
	s.carry("a", "a", seg("SYN", 0, 0, 0))
	s.seen("a1", synSent, "SYN_RECV", w2...)
	s.carry("a", "a", seg("SYN,ACK", 0, 1, 0))
	est := s.seen("a1", "SYN_RECV", "ESTABLISHED", w2...)
	s.carry("a", "a", seg("ACK", 1, 1, 0))
	s.call("a1", "getsockname", 0, "").Out = a80
	s.call("a1", "write", 5, "", "5").Data = []byte("hello")
	s.carry("a", "a", seg("PSH,ACK", 1, 1, 5))
	ack := s.at(journal.AtSent, "a", seg("ACK", 6, 6, 0), 0)
	s.sample("a1", "ESTABLISHED")
	s.call("a1", "read", 5, "", "16").Data = []byte("hello")
	s.at(journal.AtDelivered, "a", seg("ACK", 6, 6, 0), ack)
	s.call("a1", "close", 0, "")
	s.seen("a1", "ESTABLISHED", "FIN_WAIT1", journal.SockDiag)
	s.carry("a", "a", seg("FIN,ACK", 6, 6, 0))
	closing := s.seen("a1", "FIN_WAIT1", "CLOSING", journal.SockDiag)
	s.carry("a", "a", seg("ACK", 7, 7, 0))
	tw := s.seen("a1", "CLOSING", "TIME_WAIT", journal.SockDiag)
	s.add(journal.Event{Host: "a", Kind: journal.KindCounter, Counter: &journal.Counter{Name: "ActiveOpens", Delta: 1}})
	return reportOf(s.finish("one socket connects to its own address and port",
		claim.Reproduced, "the socket became ESTABLISHED with itself, and read what it had written",
		finding("SC1", "one client socket can connect to its own address and port, with no server and no listen()",
			"TCP self-connections", claim.Confirmed, "a1 was ESTABLISHED with "+a80+" at both ends", 2, 3, est),
		finding("SC2", "the opening takes three segments", "TCP self-connections",
			claim.Confirmed, "SYN, SYN,ACK and ACK opened it", 6, 7, 10, 11, 14, 15),
		finding("SC6", "closing goes FIN_WAIT1 → CLOSING (on its own FIN) → TIME_WAIT", "RFC 9293 §3.6",
			claim.Confirmed, "sock_diag saw each", closing-3, closing, tw),
	))
}

// simultaneousOpen: two SYNs cross, after one was lost; one is delivered
// twice, and an old segment comes in at the end.
func simultaneousOpen() *Report {
	s := newScript("cross", journal.Wire).
		witnesses(journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag).
		socket("a1", a80, b80).socket("b1", b80, a80)
	const ia, ib = 4_294_967_290, 1_000_000 // a's numbers wrap
	ab := func(flags string, seq, ack uint32, n int) journal.Packet {
		return segment(a80, b80, flags, ia+seq, ib+ack, n)
	}
	ba := func(flags string, seq, ack uint32) journal.Packet { return segment(b80, a80, flags, ib+seq, ia+ack, 0) }
	w2 := []journal.Witness{journal.TCPInfo, journal.SockDiag}
	s.call("a1", "bind", 0, "", a80)
	s.call("b1", "bind", 0, "", b80)
	s.call("a1", "connect", -1, "EINPROGRESS", b80)
	s.seen("a1", "CLOSE", synSent, w2...)
	lost := s.at(journal.AtSent, "a", ab("SYN", 0, 0, 0), 0)
	s.at(journal.AtDropped, "a", changed(ab("SYN", 0, 0, 0), func(p *journal.Packet) { p.Reason = "as the wire was told" }), lost)
	s.t += 1_000_000_000
	sa := s.at(journal.AtSent, "a", ab("SYN", 0, 0, 0), 0)
	s.at(journal.AtHeld, "a", ab("SYN", 0, 0, 0), sa)
	s.call("b1", "connect", -1, "EINPROGRESS", a80)
	s.seen("b1", "CLOSE", synSent, w2...)
	sb := s.at(journal.AtSent, "b", ba("SYN", 0, 0), 0)
	s.at(journal.AtHeld, "b", ba("SYN", 0, 0), sb)
	s.at(journal.AtDelivered, "b", ab("SYN", 0, 0, 0), sa)
	recv := s.seen("b1", synSent, "SYN_RECV", w2...)
	rb := s.at(journal.AtSent, "b", ba("SYN,ACK", 0, 1), 0)
	s.at(journal.AtDelivered, "a", ba("SYN", 0, 0), sb)
	s.seen("a1", synSent, "SYN_RECV", w2...)
	ra := s.at(journal.AtSent, "a", ab("SYN,ACK", 0, 1, 0), 0)
	s.at(journal.AtDelivered, "a", ba("SYN,ACK", 0, 1), rb)
	s.seen("a1", "SYN_RECV", "ESTABLISHED", w2...)
	s.at(journal.AtDelivered, "b", ab("SYN,ACK", 0, 1, 0), ra)
	est := s.seen("b1", "SYN_RECV", "ESTABLISHED", w2...)
	s.at(journal.AtDelivered, "b", changed(ab("SYN,ACK", 0, 1, 0), func(p *journal.Packet) { p.Copy = true }), ra)
	s.carry("b", "a", ba("ACK", 1, 1))
	s.call("a1", "write", 5, "", "5").Data = []byte("hello")
	s.carry("a", "b", ab("PSH,ACK", 1, 1, 5))
	s.call("b1", "read", 5, "", "16").Data = []byte("hello")
	s.carry("b", "a", ba("ACK", 1, 6))
	old := segment(b80, a80, "RST", ib+1, 0, 0)
	old.Reason = "made up"
	s.at(journal.AtInjected, "a", old, 0)
	s.add(journal.Event{Host: "a", Socket: "a1", Kind: journal.KindReset, Reset: &journal.Reset{Direction: "received", Reason: "TCP_RFC9293_RST"}})
	s.seen("a1", "ESTABLISHED", "CLOSE", journal.TCPInfo)
	s.seen("a1", "ESTABLISHED", "GONE", journal.SockDiag)
	s.call("a1", "write", -1, "ECONNRESET", "5")
	s.call("a1", "write", -1, "EPIPE", "5").Signal = "SIGPIPE"
	return reportOf(s.finish("two clients connect to each other at once", claim.Reproduced,
		"both ends became ESTABLISHED, though neither had listened",
		finding("SO1", "two clients that connect to each other become connected, with no server and no listen()",
			"RFC 9293 §3.5, figure 7", claim.Confirmed, "a1 and b1 were ESTABLISHED with each other", est),
		finding("SO3", "each goes SYN_SENT → SYN_RECV on the other's SYN", "RFC 9293 §3.5",
			claim.Confirmed, "tcp_info and sock_diag saw it at both ends", recv-1, recv, recv+3, recv+4),
	))
}

// hunt: thousands of attempts folded, and everything an honest program would
// not write.
func hunt() *Report {
	s := newScript("hunt", journal.HostNet).witnesses(journal.Calls, journal.Packets, journal.SockDiag).
		socket("a1", "127.0.0.1:40001", "127.0.0.1:40001")
	s.add(journal.Event{Host: "a", Kind: journal.KindSetting, Setting: &journal.Setting{
		Name: "net.ipv4.ip_local_port_range", Old: "32768\t60999", New: "40000\t40010",
	}})
	s.add(journal.Event{Kind: journal.KindNote, Note: &journal.Note{
		Text: "a stranger's note \x1b[2J\x1b]0;owned\a with\nlines, a tab\t, CSI \u009b31m, \u202eright to left, " +
			"bad UTF-8 \xff, | pipes |, `ticks`, <b>HTML</b>, @someone, #1, 90 µs → 日本",
	}})
	s.add(journal.Event{Kind: journal.KindFold, Fold: &journal.Fold{Times: 7310, Events: 29240, Counts: []journal.FoldedCount{
		{What: "connect ECONNREFUSED", Count: 7310},
		{What: "packet RST,ACK delivered", Count: 7310},
		{What: "packet SYN delivered", Count: 7310},
		{What: "close", Count: 7309},
		{What: "socket", Count: 7309},
		{What: "bind", Count: 2},
		{What: "getsockname\x1b[31m", Count: 1},
	}}})
	s.call("a1", "connect", 0, "", "127.0.0.1:40001")
	p := segment("127.0.0.1:40001", "127.0.0.1:40001", "SYN", 99, 0, 0)
	s.at(journal.AtDelivered, "a", p, 0)
	s.seen("a1", "", "ESTABLISHED", journal.SockDiag)
	bulk := segment("127.0.0.1:40001", "127.0.0.1:40001", "ACK", 0, 0, 0)
	bulk.Bulk = &journal.Bulk{Packets: 1234, IPBytes: 5_678_901, TCPBytes: 5_600_000, SHA256: strings.Repeat("ab", 32), Flags: "PSH,ACK"}
	s.at(journal.AtDelivered, "a", bulk, 0)
	s.at(journal.AtDropped, "a", journal.Packet{Src: "fe80::1", Dst: "ff02::16", Proto: "icmpv6", Reason: "no host has this address", Bytes: make([]byte, 96)}, 0)
	s.add(journal.Event{Host: "a", Socket: "a1", Kind: "weather", Unknown: json.RawMessage(`{"sky":"blue\u001b[0m"}`)})
	s.add(journal.Event{Kind: journal.KindRule, Rule: &journal.Rule{Host: "a", Text: "drop RST: dropped 1"}})
	s.add(journal.Event{Host: "b", Kind: journal.KindProcess, Process: &journal.Process{PID: 4711, Event: "killed", Signal: "SIGPIPE", Disposition: "default"}})
	d := s.call("a1", "write", -1, "EPIPE", "4096")
	d.Data = []byte(strings.Repeat("\x00\x1b<script>|`", 20))
	c := s.add(journal.Event{Host: "a", Kind: journal.KindCounter, Counter: &journal.Counter{Name: "TCPAbortOnData", Delta: 3}})
	s.add(journal.Event{Host: "a", Kind: journal.KindCounter, Counter: &journal.Counter{Name: "OutRsts", Delta: 7310}})
	return reportOf(s.finish("", claim.Reproduced, "attempt 7,311 chose its own port as source",
		finding("SC7", "the kernel's own choice of source port can cause it, when the target port is in ip_local_port_range",
			"ip(7) \x1b[31m | `x`", claim.Confirmed, "attempt 7,311 \x1b[5m|", c),
	))
}

// loopback: packets are seen where they arrive, and nowhere else.
func loopback() *Report {
	const la, lb = "127.0.0.1:49152", "127.0.0.1:7000"
	s := newScript("server-closes", journal.Loopback).witnesses(journal.Calls, journal.Packets, journal.TCPInfo).
		socket("a1", la, lb).socket("b1", lb, "").socket("b2", lb, la)
	s.j.NetworkWhy = "--net loopback"
	ab := func(flags string, seq, ack uint32, n int) {
		s.at(journal.AtDelivered, "", segment(la, lb, flags, 500+seq, 900+ack, n), 0)
	}
	ba := func(flags string, seq, ack uint32, n int) {
		s.at(journal.AtDelivered, "", segment(lb, la, flags, 900+seq, 500+ack, n), 0)
	}
	s.call("b1", "bind", 0, "", lb)
	s.call("b1", "listen", 0, "", "1")
	s.seen("b1", "CLOSE", "LISTEN", journal.TCPInfo)
	s.call("a1", "connect", -1, "EINPROGRESS", lb)
	ab("SYN", 0, 0, 0)
	ba("SYN,ACK", 0, 1, 0)
	ab("ACK", 1, 1, 0)
	s.seen("a1", "CLOSE", "ESTABLISHED", journal.TCPInfo)
	s.call("b1", "accept4", 9, "", "SOCK_NONBLOCK").Out = "b2 from " + la
	s.seen("b2", "", "ESTABLISHED", journal.TCPInfo)
	s.call("b2", "close", 0, "")
	ba("FIN,ACK", 1, 1, 0)
	ab("ACK", 1, 2, 0)
	s.seen("a1", "ESTABLISHED", "CLOSE_WAIT", journal.TCPInfo)
	return reportOf(s.finish("the server closes first", claim.NotReproduced, "no RST was seen: the client never wrote"))
}

// inconclusive: a witness was missing, two others contradict each other.
func inconclusive() *Report {
	s := newScript("direct", journal.Loopback).witnesses(journal.Calls, journal.TCPInfo).
		socket("a1", a80, a80)
	s.j.Stopped = "timeout after 10s"
	s.j.Witnesses = append(s.j.Witnesses,
		journal.WitnessStatus{Name: journal.SockDiag, Status: journal.Attached, Lost: 3},
		journal.WitnessStatus{Name: journal.Packets, Status: journal.Unavailable, Reason: "socket AF_PACKET: EPERM; give CAP_NET_RAW"},
	)
	s.call("a1", "connect", -1, "EINPROGRESS", a80)
	s.seen("a1", "CLOSE", "SYN_SENT", journal.TCPInfo, journal.SockDiag)
	s.seen("a1", "SYN_SENT", "SYN_RECV", journal.SockDiag)
	s.seen("a1", "SYN_RECV", "ESTABLISHED", journal.SockDiag)
	s.seen("a1", "SYN_SENT", "ESTABLISHED", journal.TCPInfo)
	n := s.call("a1", "close", 0, "")
	n.TookNS = 2_345_678_901
	return reportOf(s.finish("one socket connects to its own address and port", claim.OutcomeUnresolved,
		"timeout after 10s # not a directive\nsecond line",
		finding("SC3", "the socket goes SYN_SENT → SYN_RECV (on receiving its own SYN) → ESTABLISHED (on its own SYN-ACK)",
			"RFC 9293 §3.5", claim.Refuted, "tcp_info never saw SYN_RECV: it says \"SYN_SENT\" → ESTABLISHED", 2, 3, 4, 5, 6),
		finding("SC2", "the opening takes three segments", "TCP self-connections", claim.Inconclusive,
			"the witness packets was not attached: socket AF_PACKET: EPERM; give CAP_NET_RAW"),
	))
}

// fixtures are the reports that everything is tested on.
func fixtures() map[string]*Report {
	repeat := selfConnection()
	second := inconclusive().Runs[0]
	second.Run = 2
	first := len(repeat.Runs[0].Events)
	second.Events = slices.Clone(second.Events)
	for i := range second.Events {
		second.Events[i].N += first
		second.Events[i].Run = 2
	}
	second.Journal.Events = second.Events
	second.Histories, second.Disagreements = claim.Histories(&second.Journal)
	for i := range second.Findings {
		for k := range second.Findings[i].Events {
			second.Findings[i].Events[k] += first
		}
	}
	repeat.Runs = append(repeat.Runs, second)
	repeat.Tally = Tally{Reproduced: 1998, Inconclusive: 2}
	return map[string]*Report{
		"selfconnection": selfConnection(),
		"simopen":        simultaneousOpen(),
		"hunt":           hunt(),
		"loopback":       loopback(),
		"inconclusive":   inconclusive(),
		"repeat":         repeat,
	}
}
