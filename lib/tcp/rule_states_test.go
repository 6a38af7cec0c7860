package tcp

import (
	"testing"
	"time"

	"sockproof/lib/journal"
)

// halfOpen: a1 shuts its half down and lives on in FIN_WAIT2, b2 writes and closes.
const halfOpen = "halfclose/half-open"

func TestChangesNeedCauses(t *testing.T) {
	found(t, []lie{
		{"ESTABLISHED without the SYN-ACK", fourWay, R3, "a1", func(a *altered) { a.removeSegment("b", "SYN,ACK", 0) }},
		{"CLOSE_WAIT without a FIN", fourWay, R3, "b2", func(a *altered) { a.removeSegment("a", "FIN,ACK", 0) }},
		{"FIN_WAIT1 without a close", fourWay, R3, "a1", func(a *altered) {
			a.removeCall("a1", "close", 0)
			a.removeSegment("a", "FIN,ACK", 0)
		}},
		{"FIN_WAIT2 without the ACK of the FIN", fourWay, R3, "a1", func(a *altered) { a.removeSegment("b", "ACK", 1) }},
		{"TIME_WAIT without a FIN", fourWay, R3, "a1", func(a *altered) { a.removeSegment("b", "FIN,ACK", 0) }},
		{"LAST_ACK without a close", fourWay, R3, "b2", func(a *altered) {
			a.removeCall("b2", "close", 0)
			a.removeSegment("b", "FIN,ACK", 0)
		}},
		{"LAST_ACK left without the ACK of the FIN", fourWay, R3, "b2", func(a *altered) { a.removeSegment("a", "ACK", 2) }},
		{"CLOSE without a RST", unread, R3, "b2", func(a *altered) { a.removeSegment("a", "RST,ACK", 0) }},
		{"SYN_RECV without a SYN", "simopen/cross", R3, "b1", func(a *altered) { a.removeSegment("a", "SYN", 0) }},
		{"CLOSING without a FIN", "selfconnect/direct", R3, "a1", func(a *altered) { a.removeSegment("a", "FIN,ACK", 0) }},
		{"a state of a connection that was not seen", fourWay, R3, "b2", func(a *altered) {
			a.without(isSegment)
			a.removeCall("b1", "accept4", 0)
		}},
		{"on loopback, CLOSE_WAIT without a FIN", "halfclose/three-way-loopback", R3, "b4", func(a *altered) {
			i := 0
			for a.segment("b", journal.AtDelivered, "FIN,ACK", i).Packet.Src != "127.0.0.1:40003" {
				i++
			}
			a.removeSegment("b", "FIN,ACK", i)
		}},
	})
}

func TestSegmentsHaveEffects(t *testing.T) {
	found(t, []lie{
		{"a FIN was delivered, and the state stayed", fourWay, R3, "b2", func(a *altered) { a.stays("b2", journal.CloseWait) }},
		{"the ACK of the FIN was delivered, and the state stayed", fourWay, R3, "a1", func(a *altered) { a.stays("a1", journal.FinWait2) }},
		{"a FIN was delivered in FIN_WAIT2, and the state stayed", fourWay, R3, "a1", func(a *altered) { a.stays("a1", journal.TimeWait) }},
		{"the last ACK was delivered, and the state stayed", fourWay, R3, "b2", func(a *altered) {
			a.stays("b2", journal.Gone)
			// The wire looks at every socket again at the next step, of which there is none here.
			a.adds("b1", "getsockname", 0).Out = "192.0.2.2:8080"
			a.Played = 0
		}},
		{"the SYN-ACK of a crossing was delivered, and nothing followed", "simopen/punch", R3, "b3", func(a *altered) {
			came := a.segment("a", journal.AtDelivered, "SYN,ACK", 0).N
			a.without(func(e *journal.Event) bool {
				acked := e.Packet != nil && e.Packet.Flags == ackFlag || e.State != nil && e.State.To == journal.Established
				return came < e.N && acked || e.Counter != nil || e.Sample != nil && e.Sample.State == journal.Established
			})
			for _, s := range []string{"a3", "b3"} {
				a.state(journal.SockDiag, s, journal.Gone).State.From = journal.SynRecv
			}
		}},
		{"the SYN-ACK was delivered, and the state stayed", fourWay, R3, "a1", func(a *altered) { a.stays("a1", journal.Established) }},
		{"a RST was delivered, and the state stayed", unread, R3, "b2", func(a *altered) {
			a.without(func(e *journal.Event) bool {
				return e.Socket == "b2" && e.State != nil && (e.State.To == journal.Close || e.State.To == journal.Gone)
			})
		}},
		{"a FIN led to another state", fourWay, R3, "b2", func(a *altered) { a.becomes("b2", journal.CloseWait, journal.FinWait1) }},
		{"on loopback, a FIN was delivered, and the state stayed", "halfclose/three-way-loopback", R3, "b4", func(a *altered) {
			a.stays("b4", journal.CloseWait)
		}},
	})
}

func TestFINsAndRSTsAreDue(t *testing.T) {
	found(t, []lie{
		{"close() with bytes unread, no RST", unread, R3, "a1", func(a *altered) { a.removeSegment("a", "RST,ACK", 0) }},
		{"close() with SO_LINGER {1, 0}, no RST", "lingerreset/linger0", R3, "a1", func(a *altered) {
			a.endsWith(a.call("a1", "close", 0).N)
			a.adds("b1", "getsockname", 0).Out = "192.0.2.2:8080"
		}},
		{"close(), no FIN", fourWay, R3, "a1", func(a *altered) { a.removeSegment("a", "FIN,ACK", 0) }},
		{"shutdown(), no FIN", halfOpen, R3, "a1", func(a *altered) { a.removeSegment("a", "FIN,ACK", 0) }},
		{"the end of a process, no FIN", "halfclose/kill", R3, "a1", func(a *altered) { a.removeSegment("a", "FIN,ACK", 0) }},
		{"a FIN without close() or shutdown()", halfOpen, R3, "a1", func(a *altered) { a.removeCall("a1", "shutdown", 0) }},
		{"a FIN while another descriptor is open", fourWay, R3, "a1", func(a *altered) {
			at := a.call("a1", "write", 0)
			a.put(at.N, journal.Event{T: at.T, Host: "a", Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{Op: "dup", Args: []string{"a1"}, Result: 21}})
		}},
		{"data after close(), no RST", "lingerreset/sigpipe", R3, "b2", func(a *altered) { a.removeSegment("b", "RST", 0) }},
		{"data where no socket is, no RST", "halfclose/orphan", R3, "a1", func(a *altered) { a.removeSegment("a", "RST", 0) }},
		{"a SYN where no socket is, no RST", "simopen/missed", R3, "b1", func(a *altered) {
			a.removeSegment("b", "RST,ACK", 0)
			a.endsWith(a.call("a1", "getsockopt", 0).N - 1)
		}},
		{"a SYN-ACK without a SYN", fourWay, R3, "b2", func(a *altered) { a.removeSegment("a", "SYN", 0) }},
		{"a segment without an opening", fourWay, R3, "a1", func(a *altered) {
			a.without(func(e *journal.Event) bool { return isSegment(e) && e.Packet.Flags.Has(synFlag) })
		}},
		{"connect() began an opening, no SYN", fourWay, R3, "a1", func(a *altered) { a.without(isSegment) }},
		{"a call on a socket that nothing made", fourWay, R3, "a1", func(a *altered) { a.removeCall("a1", "socket", 0) }},
	})
}

// A RST has a cause, which came before it; so has it that a listener listens no more.
func TestEndsHaveCauses(t *testing.T) {
	found(t, []lie{
		{"a RST while a descriptor is open", unread, R3, "a1", func(a *altered) { a.removeCall("a1", "close", 0) }},
		{"a RST after a FIN, though nothing came", "halfclose/leak", R3, "a10", func(a *altered) {
			answer := a.state(journal.SockDiag, "a10", journal.Gone)
			rst := a.nth("RST of a10's", 0, func(e *journal.Event) bool { return e.N > answer.N && isSegment(e) && e.Packet.Flags.Has(rstFlag) })
			a.everywhere(rst.N, func(p *journal.Packet) { p.Flags |= journal.ACK })
		}},
		{"a RST of a connection that waits to be accepted", "halfclose/leak", R3, "b7", func(a *altered) {
			fin := a.nth("ACK of b7's", 0, func(e *journal.Event) bool {
				return isSegment(e) && e.Packet.Flags == journal.ACK && e.Packet.Src == "192.0.2.2:8080" && e.Packet.Dst == "192.0.2.1:40006"
			})
			a.everywhere(fin.N, func(p *journal.Packet) { p.Flags |= journal.RST })
		}},
		{"a RST of a connection that nobody had accepted", "backlog/reuseport", R3, "b1", func(a *altered) { a.removeCall("b1", "close", 0) }},
		{"a RST of a socket that is connected to itself", "selfconnect/direct-loopback", R3, "a1", func(a *altered) {
			ack := a.segment("a", journal.AtDelivered, "ACK", 0)
			at := a.call("a1", "write", 0).N
			a.put(at, journal.Event{T: ack.T, Host: "a", Kind: journal.KindPacket, Packet: &journal.Packet{
				Src: ack.Packet.Src, Dst: ack.Packet.Dst, Flags: rstFlag | ackFlag, Seq: ack.Packet.Seq, Ack: ack.Packet.Ack, At: journal.AtDelivered,
			}})
			a.endsWith(at)
		}},
		{"a RST of a socket in SYN_RECV", "simopen/close-cross", R3, "b1", func(a *altered) {
			at := a.state(journal.TCPInfo, "b1", journal.SynRecv)
			syn := a.segment("b", journal.AtSent, "SYN", 0).Packet
			a.endsWith(at.N)
			a.put(at.N+1, journal.Event{T: at.T, Host: "b", Kind: journal.KindPacket, Packet: &journal.Packet{
				Src: syn.Src, Dst: syn.Dst, Flags: rstFlag | ackFlag, Seq: syn.Seq + 1, Ack: a.segment("a", journal.AtSent, "SYN", 0).Packet.Seq + 1, At: journal.AtSent,
			}})
		}},
		{"a listener that nobody closed listens no more", fourWay, R3, "b1", func(a *altered) {
			at := a.call("b1", "accept4", 0)
			a.put(at.N, journal.Event{T: at.T, Host: "b", Socket: "b1", Kind: journal.KindState, State: &journal.State{
				From: journal.Listen, To: journal.Close, Witness: journal.TCPInfo,
			}})
		}},
		{"on lo, a listener listens no more just before it is closed", "backlog/reuseport-loopback", R3, "b1", func(a *altered) {
			at := a.call("b1", "close", 0)
			a.put(at.N, journal.Event{T: at.T - 1, Host: "b", Socket: "b1", Kind: journal.KindState, State: &journal.State{
				From: journal.Listen, To: journal.Close, Witness: journal.TCPInfo,
			}})
		}},
		{"a RST before the close() that it is of", unread, R3, "a1", func(a *altered) {
			a.observedFirst(a.call("a1", "close", 0).N, a.segment("a", journal.AtSent, "RST,ACK", 0).N)
			a.call("a1", "close", 0).T = a.segment("a", journal.AtSent, "RST,ACK", 0).T + 1
		}},
	})
}

func TestDeliveredIsAcknowledged(t *testing.T) {
	// b2's side of what follows the data that is delivered to it, but the data.
	later := func(a *altered) {
		a.endsWith(a.call("b2", "read", 0).N - 1)
		a.removeSegment("b", "ACK", 0)
		a.adds("b1", "getsockname", 0).Out = "192.0.2.2:8080"
	}
	found(t, []lie{
		{"data was never acknowledged", fourWay, R3, "b2", func(a *altered) {
			later(a)
			a.Events[len(a.Events)-1].T += time.Second.Nanoseconds()
		}},
		{"the next segment does not acknowledge the data", fourWay, R3, "b2", func(a *altered) {
			a.removeSegment("b", "ACK", 0)
			a.changeSegment("b", "PSH,ACK", func(p *journal.Packet) { p.Ack -= 7 })
		}},
	})
	silent(t, []truth{{"the acknowledgement may still come", fourWay, later}})
}

// TestTimersEndSockets: what nobody sends ends an orphan too.
func TestTimersEndSockets(t *testing.T) {
	silent(t, []truth{
		{"tcp_fin_timeout", "halfclose/orphan", func(a *altered) { a.state(journal.SockDiag, "a1", journal.Gone) }},
		{"a TIME_WAIT that is over", fourWay, func(a *altered) { a.leavesTimeWait(60 * time.Second) }},
		{"tcp_max_tw_buckets", fourWay, func(a *altered) {
			a.state(journal.SockDiag, "a1", journal.TimeWait).State.To = journal.Gone
			a.without(func(e *journal.Event) bool { return e.Sample != nil && e.Sample.State == journal.TimeWait })
		}},
	})
}

// What comes when its socket is gone may open another connection, by the number of a SYN cookie.
func TestCookieOpensAgain(t *testing.T) {
	acknowledged := func(wrong uint32) func(a *altered) {
		return func(a *altered) {
			rst := a.segment("b", journal.AtSent, "RST", 0)
			data := a.nth("data to b2", 0, func(e *journal.Event) bool { return isSegment(e) && e.Packet.At == journal.AtSent && e.Packet.Len > 0 })
			a.everywhere(rst.N, func(p *journal.Packet) {
				p.Flags, p.Ack, p.Win = journal.ACK, data.Packet.Seq+uint32(data.Packet.Len), 64
			})
			a.everywhere(data.N, func(p *journal.Packet) { p.Ack += wrong })
			a.endsWith(rst.N)
		}
	}
	silent(t, []truth{{"the cookie's number", "lingerreset/lost-fin", acknowledged(0)}})
	found(t, []lie{{"another number", "lingerreset/lost-fin", R3, "b2", acknowledged(1)}})
}

// leavesTimeWait lets the TIME_WAIT of a1 be gone some time after the run's last step.
func (a *altered) leavesTimeWait(after time.Duration) {
	a.endsWith(a.state(journal.SockDiag, "b2", journal.Gone).N)
	a.later(after)
	last := a.Events[len(a.Events)-1]
	a.put(last.N, journal.Event{T: last.T, Host: "a", Socket: "a1", Kind: journal.KindState, State: &journal.State{
		From: journal.TimeWait, To: journal.Gone, Witness: journal.SockDiag,
	}})
}

// observedFirst records a call's effect before the call, in a run that was held up then.
func (a *altered) observedFirst(call, effect int) {
	x := *a.nth("effect", 0, func(e *journal.Event) bool { return e.N == effect })
	a.without(func(e *journal.Event) bool { return e.N == effect })
	a.put(call, x)
	for i := range a.Events {
		if p := a.Events[i].Packet; p != nil && p.Of == effect+1 {
			p.Of = call
		}
	}
	last := a.Events[len(a.Events)-1]
	a.put(last.N+1, journal.Event{T: x.T, Kind: journal.KindProcess, Process: &journal.Process{Event: journal.HeldUp, ForNS: 1000}})
}

// What a call caused may be recorded before the call, where the run was held up.
func TestHeldUpRecordsLate(t *testing.T) {
	silent(t, []truth{{"a RST, and the close() that it is of", unread, func(a *altered) {
		a.observedFirst(a.call("a1", "close", 0).N, a.segment("a", journal.AtSent, "RST,ACK", 0).N)
	}}})
}

// A TIME_WAIT lasts as long as its timer, unless a RST or a new connection ends it.
func TestTimeWaitIsNotCutShort(t *testing.T) {
	early := func(a *altered) { a.leavesTimeWait(time.Second) }
	found(t, []lie{
		{"it was gone after a second", fourWay, R6, "a1", early},
		{"an orphan's FIN_WAIT2 was", "halfclose/orphan", R6, "a1", func(a *altered) {
			gone := a.state(journal.SockDiag, "a1", journal.Gone)
			a.endsWith(gone.N)
			gone.T = a.nth("sample in FIN_WAIT2", 0, func(e *journal.Event) bool { return e.Sample != nil && e.Sample.State == journal.FinWait2 }).T + 10_000_000
		}},
		{"without a capture, after 0.1 s", "halfclose/three-way-host", R6, "a1", unseenBy(func(a *altered) { a.leavesTimeWait(100 * time.Millisecond) })},
	})
	silent(t, []truth{
		{"a RST came", "staleresp/time-wait", func(*altered) {}},
		{"without a capture, the last FIN may have come again, and have drawn a RST", "halfclose/three-way-host", unseenBy(early)},
	})
}

// TestDataAfterShutdownDrawsRst: a socket is not looked at between any two segments.
func TestDataAfterShutdownDrawsRst(t *testing.T) {
	waits := func(state string) bool { return state == journal.FinWait1 || state == journal.FinWait2 }
	silent(t, []truth{{"it was not looked at since it was shut down", "lingerreset/causes-loopback", func(a *altered) {
		a.without(func(e *journal.Event) bool {
			return e.Socket == "a5" && (e.State != nil && waits(e.State.To) || e.Sample != nil && waits(e.Sample.State))
		})
		for i := range a.Events {
			if e := &a.Events[i]; e.Socket == "a5" && e.State != nil && waits(e.State.From) {
				e.State.From = journal.Established
			}
		}
	}}})
}
