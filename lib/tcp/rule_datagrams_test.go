package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

const (
	udp      = "handshake/udp"
	checksum = "handshake/checksum"
)

// What was read from a socket of UDP had come, what was written left, and UDP has its own errors. What
// came with a wrong checksum is not there to be read.
func TestDatagrams(t *testing.T) {
	fails := func(errno journal.Errno) func(c *journal.Call) {
		return func(c *journal.Call) { c.Result, c.Errno, c.Data = -1, errno, nil }
	}
	gives := func(text string) func(c *journal.Call) {
		return func(c *journal.Call) { c.Result, c.Errno, c.Data = int64(len(text)), "", []byte(text) }
	}
	change := func(socket, op string, n int, change func(c *journal.Call)) func(a *altered) {
		return func(a *altered) { change(a.call(socket, op, n).Call) }
	}
	found(t, []lie{
		{"a read of what had not come", udp, R1, "b1", change("b1", "read", 0, gives("here"))},
		{"a read of more than came", udp, R1, "b1", change("b1", "read", 0, gives("one two "))},
		{"a write that failed", udp, R1, "a1", change("a1", "write", 0, fails(journal.EAGAIN))},
		{"a write of other bytes", udp, R1, "a1", change("a1", "write", 0, gives("two "))},
		{"a datagram that was not written", udp, R1, "a1", func(a *altered) { a.removeCall("a1", "write", 1) }},
		{"pieces of what was not written", udp, R1, "a1", func(a *altered) { a.removeCall("a1", "write", 5) }},
		{"an error of TCP", udp, R7, "a1", change("a1", "read", 0, fails(journal.ECONNRESET))},
		{"an error without a message", udp, R2, "a1", func(a *altered) {
			a.without(func(e *journal.Event) bool { return e.Packet != nil && e.Packet.ICMP != nil })
		}},
		{"a read of what came damaged", checksum, R1, "b2", change("b2", "read", 0, gives("as it was written"))},
	})
}
