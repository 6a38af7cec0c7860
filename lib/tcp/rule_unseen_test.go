package tcp

import (
	"testing"
	"time"

	"sockproof/lib/journal"
)

// unseenBy lets a change be made to a run whose packets were not captured.
func unseenBy(change func(a *altered)) func(a *altered) {
	return func(a *altered) {
		a.unavailable(journal.Packets)
		change(a)
	}
}

// Without a capture each end of a connection on one stack still needs its cause at the other.
func TestUnseenCauses(t *testing.T) {
	const twoEnds, resets = "halfclose/three-way-host", "lingerreset/read-after-reset-host"
	ready := func(said string) func(a *altered) {
		return unseenBy(func(a *altered) {
			a.endsWith(a.call("a1", "write", 0).N)
			c := a.adds("a1", "epoll_wait", 1)
			c.Out = said
		})
	}
	found(t, []lie{
		{"torn down, though the peer closed plainly", twoEnds, R3, "b2", unseenBy(func(a *altered) { a.becomes("b2", journal.CloseWait, journal.Close) })},
		{"an orphan is gone, though the peer is open", twoEnds, R3, "a1", unseenBy(func(a *altered) {
			a.becomes("a1", journal.FinWait1, journal.Gone)
			a.endsWith(a.call("b2", "read", 1).N)
		})},
		{"CLOSE_WAIT before the peer closed", twoEnds, R3, "b2", unseenBy(func(a *altered) { a.removeCall("a1", "close", 0) })},
		{"read: 0 before the peer closed", twoEnds, R2, "b2", unseenBy(func(a *altered) { a.returns("b2", "read", 0) })},
		{"read: ECONNRESET, though the peer closed plainly", twoEnds, R2, "b2", unseenBy(func(a *altered) { a.fails("b2", "read", 1, journal.ECONNRESET) })},
		{"write: EPIPE with the peer open", twoEnds, R2, "b2", unseenBy(func(a *altered) { a.fails("b2", "write", 0, journal.EPIPE) })},
		{"EPOLLERR with the peer open", twoEnds, R2, "a1", ready("EPOLLOUT|EPOLLERR")},
		{"EPOLLRDHUP with the peer open", twoEnds, R2, "a1", ready("EPOLLOUT|EPOLLRDHUP")},
		{"write: EBADF with its descriptor open", twoEnds, R2, "b2", unseenBy(func(a *altered) { a.fails("b2", "write", 0, journal.EBADF) })},
		{"read: ENOTCONN after a RST", resets, R2, "a2", unseenBy(func(a *altered) { a.fails("a2", "read", 0, journal.ENOTCONN) })},
		{"read: EAGAIN after a RST", resets, R2, "a2", unseenBy(func(a *altered) { a.fails("a2", "read", 0, journal.EAGAIN) })},
		{"read: 0 after a RST of which no call told", resets, R2, "a2", unseenBy(func(a *altered) { a.returns("a2", "read", 0) })},
		{"read: ETIMEDOUT after a RST", resets, R2, "a2", unseenBy(func(a *altered) { a.fails("a2", "read", 0, journal.ETIMEDOUT) })},
		{"read: EHOSTUNREACH after a RST", resets, R2, "a2", unseenBy(func(a *altered) { a.fails("a2", "read", 0, journal.EHOSTUNREACH) })},
		{"read: ETIMEDOUT, and the connection goes on", twoEnds, R2, "b2", unseenBy(func(a *altered) { a.fails("b2", "read", 0, journal.ETIMEDOUT) })},
		{"a write succeeded after a RST", resets, R2, "a2", unseenBy(func(a *altered) { a.returns("a2", "sendmsg", 5) })},
		{"getpeername: another than was called", theft, R2, "a1", unseenBy(func(a *altered) { a.call("a1", "getpeername", 0).Call.Out = "192.0.2.1:9" })},
		{"ECONNABORTED without SOCK_DESTROY", twoEnds, R2, "b2", unseenBy(func(a *altered) { a.fails("b2", "read", 1, journal.ECONNABORTED) })},
		{"more was read than written", twoEnds, R1, "b2", unseenBy(func(a *altered) { a.moves("b2", "read", "requests") })},
		{"other bytes were read than written", twoEnds, R1, "b2", unseenBy(func(a *altered) { a.moves("b2", "read", "reqUest") })},
		{"no RST came of data to a closed end", resets, R3, "a1", unseenBy(func(a *altered) {
			a.endsWith(a.call("a1", "sendmsg", 0).N)
			a.keeps("a1", journal.CloseWait)
			a.later(time.Second)
		})},
	})
	silent(t, []truth{
		{"nothing was seen", twoEnds, unseenBy(func(*altered) {})},
		{"RSTs were not seen", resets, unseenBy(func(*altered) {})},
		{"a timer may have ended it", twoEnds, unseenBy(func(a *altered) {
			at := a.state(journal.SockDiag, "b2", journal.CloseWait).N
			a.endsWith(at - 1)
			a.without(func(e *journal.Event) bool { return e.Socket == "b2" && e.N > a.call("a1", "close", 0).N })
			a.later(time.Second)
			last := a.Events[len(a.Events)-1]
			a.put(last.N, journal.Event{T: last.T, Host: "a", Socket: "a1", Kind: journal.KindState, State: &journal.State{
				From: journal.FinWait1, To: journal.Gone, Witness: journal.SockDiag,
			}})
		})},
	})
}
