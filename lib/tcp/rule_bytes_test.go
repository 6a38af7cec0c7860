package tcp

import (
	"bytes"
	"testing"

	"sockproof/lib/journal"
)

// fourWay: a1 writes "request", b2 reads it and writes "answer", a1 reads that and
// closes, b2 reads 0 and closes.
const fourWay = "halfclose/four-way"

// unread: a1 closes with bytes unread, which resets b2.
const unread = "halfclose/unread"

func TestBytesRead(t *testing.T) {
	found(t, []lie{
		{"read returned other bytes", fourWay, R1, "b2", func(a *altered) { a.moves("b2", "read", "reQuest") }},
		{"read returned fewer bytes", fourWay, R1, "b2", func(a *altered) { a.moves("b2", "read", "req") }},
		{"read returned more bytes", fourWay, R1, "b2", func(a *altered) { a.moves("b2", "read", "requests!") }},
		{"read returned more than it gave", fourWay, R1, "b2", func(a *altered) { a.call("b2", "read", 0).Call.Result = 5 }},
		{"read returned 0 before a FIN", fourWay, R2, "b2", func(a *altered) { a.returns("b2", "read", 0) }},
		{"read returned 0 with bytes before the FIN", fourWay, R1, "b2", func(a *altered) { a.removeCall("b2", "read", 0) }},
		{"EAGAIN with bytes to be read", fourWay, R1, "b2", func(a *altered) { a.fails("b2", "read", 0, "EAGAIN") }},
		{"EAGAIN with a FIN to be read", fourWay, R1, "b2", func(a *altered) { a.fails("b2", "read", 1, "EAGAIN") }},
		{"an error with bytes to be read", fourWay, R1, "b2", func(a *altered) { a.fails("b2", "read", 0, "ECONNRESET") }},
		{"read the last byte again", "selfconnect/direct", R1, "a1", func(a *altered) { a.moves("a1", "read", "to myself!") }},
		{"on loopback, other bytes", "halfclose/three-way-loopback", R1, "b4", func(a *altered) {
			c := a.call("b4", "read", 0).Call
			c.Data = bytes.ToUpper(c.Data)
		}},
	})
}

func TestBytesWritten(t *testing.T) {
	found(t, []lie{
		{"write claims more", fourWay, R1, "a1", func(a *altered) { a.returns("a1", "write", 9) }},
		{"write claims less", fourWay, R1, "a1", func(a *altered) { a.returns("a1", "write", 5) }},
		{"write of other bytes", fourWay, R1, "a1", func(a *altered) { a.moves("a1", "write", "reQuest") }},
		{"a write that is not told of", fourWay, R1, "b2", func(a *altered) { a.removeCall("b2", "write", 0) }},
		{"data that did not leave", fourWay, R1, "a1", func(a *altered) { a.removeSegment("a", "PSH,ACK", 0) }},
		{"what nothing holds back", fourWay, R1, "b2", func(a *altered) {
			a.endsWith(a.call("b2", "read", 0).N)
			a.adds("b2", "sendmsg", 5, "5", "MSG_NOSIGNAL")
		}},
		{"other bytes when sent again", "lingerreset/causes", R1, "a12", func(a *altered) {
			i := 0
			for a.segment("a", journal.AtSent, "PSH,ACK", i).Packet.Len != 4 {
				i++
			}
			p := a.segment("a", journal.AtSent, "PSH,ACK", i).Packet
			p.Bytes[len(p.Bytes)-1] ^= 1
		}},
	})
}

func TestNumbers(t *testing.T) {
	beyond := func(p *journal.Packet) { p.Ack++ }
	found(t, []lie{
		{"a segment acknowledges more than came", fourWay, R1, "b2", func(a *altered) { a.changeSegment("b", "ACK", beyond) }},
		{"a RST acknowledges more than came", unread, R1, "a1", func(a *altered) { a.changeSegment("a", "RST,ACK", beyond) }},
		{"a SYN-ACK acknowledges more than the SYN", "simopen/cross", R1, "b1", func(a *altered) { a.changeSegment("b", "SYN,ACK", beyond) }},
		{"a RST has a number that nothing had", unread, R1, "a1", func(a *altered) {
			a.changeSegment("a", "RST,ACK", func(p *journal.Packet) { p.Seq += 1000 })
		}},
		{"what MSG_MORE held back is not before the FIN", "halfclose/merged-data-host", R1, "b3", func(a *altered) {
			held := *a.call("b3", "sendmsg", 0)
			call := *held.Call
			call.Args = []string{"b3", "8", "MSG_MORE"}
			held.Call = &call
			a.put(a.call("b3", "close", 0).N, held)
		}},
		{"a segment skips numbers", fourWay, R1, "a1", func(a *altered) {
			a.changeSegment("a", "PSH,ACK", func(p *journal.Packet) { p.Seq++ })
		}},
	})
}

func TestQueues(t *testing.T) {
	found(t, []lie{
		{"more waits to be read", fourWay, R1, "b2", func(a *altered) { a.sample("b2", journal.CloseWait).RxQueue++ }},
		{"nothing waits to be read", fourWay, R1, "b2", func(a *altered) { a.sample("b2", journal.CloseWait).RxQueue = 0 }},
		{"more waits to be acknowledged", fourWay, R1, "a1", func(a *altered) { a.sample("a1", journal.FinWait1).TxQueue += 2 }},
		{"nothing waits to be acknowledged", fourWay, R1, "a1", func(a *altered) { a.sample("a1", journal.FinWait1).TxQueue = 0 }},
	})
}

// What a journal does not say, or counts instead of keeping, contradicts nothing.
func TestBytesUnknown(t *testing.T) {
	silent(t, []truth{
		{"the payload was not kept", fourWay, func(a *altered) {
			for i := range a.Events {
				if p := a.Events[i].Packet; isSegment(&a.Events[i]) && p.Len > 0 && len(p.Bytes) > 0 {
					p.Payload = &journal.Digest{Len: p.Len}
					clear(p.Bytes[len(p.Bytes)-p.Len:])
				}
			}
		}},
		{"the calls' bytes were not kept", fourWay, func(a *altered) {
			for i := range a.Events {
				if c := a.Events[i].Call; c != nil {
					c.Data = nil
				}
			}
		}},
		{"what MSG_MORE holds back", fourWay, func(a *altered) {
			a.endsWith(a.call("b2", "read", 0).N)
			a.adds("b2", "sendmsg", 5, "5", "MSG_NOSIGNAL|MSG_MORE")
		}},
	})
}
