package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

func TestStatesAgree(t *testing.T) {
	found(t, []lie{
		{"a witness saw a state left that it had not seen", fourWay, R5, "b2", func(a *altered) {
			a.state(journal.TCPInfo, "b2", journal.CloseWait).State.From = journal.FinWait1
		}},
		{"a witness saw a change to the same state", fourWay, R5, "b2", func(a *altered) {
			a.state(journal.TCPInfo, "b2", journal.CloseWait).State.From = journal.CloseWait
		}},
		{"a witness had seen nothing before", fourWay, R5, "b2", func(a *altered) {
			a.state(journal.SockDiag, "b2", journal.Established).State.From = journal.SynRecv
		}},
		{"a change that only one saw", fourWay, R5, "b2", func(a *altered) {
			n := a.state(journal.TCPInfo, "b2", journal.CloseWait).N
			a.without(func(e *journal.Event) bool { return e.N == n })
		}},
		{"a sample in another state than the last", fourWay, R5, "b2", func(a *altered) {
			a.sample("b2", journal.CloseWait).State = journal.Established
		}},
		{"TCP_INFO in TIME_WAIT", halfOpen, R5, "a1", func(a *altered) {
			a.state(journal.TCPInfo, "a1", journal.Close).State.To = journal.TimeWait
		}},
		{"on the host network", "halfclose/three-way-host", R5, "b4", func(a *altered) {
			a.state(journal.TCPInfo, "b4", journal.CloseWait).State.From = journal.FinWait1
		}},
	})
	silent(t, []truth{
		{"TCP_INFO says CLOSE of a TIME_WAIT", halfOpen, func(a *altered) { a.state(journal.TCPInfo, "a1", journal.Close) }},
		{"TCP_INFO says CLOSE of what is gone", unread, func(a *altered) { a.state(journal.TCPInfo, "b2", journal.Close) }},
	})
}
