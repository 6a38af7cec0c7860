package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// threads: one thread waits in read, another closes the descriptor, or shuts
// the connection down.
func threads(t *scenario.T) {
	whileReading(t, closing)
	whileReading(t, shut(journal.ShutBoth))
	whileReading(t, shut(journal.ShutWrite))
}

// whileReading ends the connection under a thread that waits in read; if that
// does not wake it, the peer's data will.
func whileReading(t *scenario.T, end ending) {
	client, server := t.Connection()
	client.SetBlocking()
	reading := client.Background(func() { client.Read(64) })
	if !t.Await(untilWaiting, func() bool { return reading.Blocked("read") }) {
		t.Stop("the thread that should read was not seen to wait in read(2): is /proc/self/task/TID/syscall to be read?")
	}
	t.AtOnce(func() { end(client) })
	if !t.Await(untilWoken, reading.Done) {
		server.Send("wake up")
		t.Await(untilWoken, reading.Done)
	}
	t.Settle()
	server.Recv()
}

// blocked is a thread that waited in read while another ended the connection.
type blocked struct {
	tcp.Ending
	waits *journal.Event // it was seen to wait
	read  *journal.Event // the call, which had not returned then; nil: it never did
	data  *journal.Event // the peer's write that came after the ending; nil: none
}

// blockedReads lists them.
func blockedReads(v *tcp.View) []blocked {
	var all []blocked
	for _, e := range v.Endings() {
		waits := tcp.Last(v.Events(func(x *journal.Event) bool {
			return x.Process != nil && x.Process.Event == "blocked" && x.Socket == e.Who.ID && x.N < e.By.N
		}))
		if waits == nil {
			continue
		}
		b := blocked{Ending: e, waits: waits, data: tcp.First(e.Peer().Writes(e.By.N, 0))}
		// It may be recorded before the call that woke it: both return at once.
		if b.read = tcp.First(e.Who.Reads(b.waits.N, 0)); b.read == nil || returned(b.read) > e.By.T {
			all = append(all, b)
		}
	}
	return all
}

// returned is when a call had returned, in nanoseconds of the run's clock.
func returned(e *journal.Event) int64 { return e.T + e.Call.TookNS }

// wokenByData says whether the read returned what the peer sent afterwards.
func (b *blocked) wokenByData() bool {
	return b.read != nil && b.data != nil && len(b.read.Call.Data) > 0 && string(b.read.Call.Data) == string(b.data.Call.Data)
}

// wasNotInterrupted asks that nothing but the ending made the read return. What waits in read has looked its
// descriptor up already. EBADF shows that the call was interrupted, by the freezer of a control group or a
// tracer, and made again by the kernel once the descriptor was closed (-ERESTARTSYS, signal(7)).
func (b *blocked) wasNotInterrupted(c *claim.Case) {
	c.Given(b.read.Call.Errno != journal.EBADF, "the read that had waited returned EBADF: something else had interrupted it, and it was made again after %s", b.Name())
}

// wakesBy expects that each of some calls wakes a thread that waits in read. A program that is
// stopped and continued meanwhile wakes a reader, too.
func wakesBy(names ...string) claim.Rule {
	return claim.Each(blockedReads, func(c *claim.Case, b blocked) {
		c.If(slices.Contains(names, b.Name()))
		c.About(b.Who)
		c.Cite(b.waits, b.By, b.read)
		c.Given(b.read != nil || len(c.InTeardown(b.Who, "read")) > 0, "the read was not seen to return at all")
		c.ExpectSeen(b.read != nil, "%s did not wake the thread that waited in read, until the run was over", b.Name())
		if b.wokenByData() {
			c.Cite(b.data)
			c.Expect(false, "%s did not wake the thread that waited in read; it waited until the peer sent data, and read returned that: %q", b.Name(), b.read.Call.Data)
		}
		theirs := tcp.First(b.Peer().CallsOf(0, 0, "close", "shutdown"))
		c.Given(theirs == nil || theirs.T >= returned(b.read), "the peer ended the connection too, which wakes a reader as well")
		b.wasNotInterrupted(c)
		c.Given(b.read.Call.Errno == "", "the read failed with %s, which has another cause", b.read.Call.Errno)
		c.Given(len(b.read.Call.Data) == 0, "the thread that waited in read got %d bytes that no peer was seen to send", b.read.Call.Result)
		c.Uninterrupted(b.By, b.read)
		c.Holds("the thread that waited in read returned %s after %s", claim.Returned(b.read), b.Name())
	})
}

const inRead = "a thread waits in the call when another makes this one"

var hc29 = claim.Claim{
	ID: "HC29", Statement: "close() in one thread wakes another that is blocked in recv on the same descriptor",
	Source: "folklore; close(2)", Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: inRead,
	Rule: wakesBy(tcp.Closed),
}

var hc30 = claim.Claim{
	ID: "HC30", Statement: "shutdown(SHUT_RD) and shutdown(SHUT_RDWR) wake it",
	Source: "shutdown(2)", Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: inRead,
	Rule: wakesBy(tcp.ShutBoth, tcp.ShutRead),
}

var hc47 = claim.Claim{
	ID: "HC47", Statement: "shutdown(SHUT_WR) wakes a reader that is blocked on the same descriptor",
	Source: "folklore", Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: inRead,
	Rule: wakesBy(tcp.ShutWrite),
}

// closeLeavesWaiting is the phenomenon: shutdown wakes the reader, close leaves it waiting.
var closeLeavesWaiting = claim.Phenomenon{
	Needs: claim.NeedsCalls,
	Rule: claim.Once(func(c *claim.Case) {
		closed, shut := false, false
		for _, b := range blockedReads(c.View) {
			c.Cite(b.waits, b.By, b.read, b.data)
			switch b.Name() {
			case tcp.Closed:
				if b.read != nil && !b.wokenByData() {
					b.wasNotInterrupted(c)
					c.Uninterrupted(b.By, b.read)
					c.Expect(false, "close() did not leave it waiting")
				}
				closed = true
			case tcp.ShutBoth, tcp.ShutRead:
				c.ExpectSeen(b.read != nil && !b.wokenByData(), "%s did not wake the thread that waited in read", b.Name())
				c.Uninterrupted(b.By, b.read)
				shut = true
			}
		}
		c.Given(closed && shut, "no thread was seen to wait in read while another closed, and while another shut down")
		c.Holds("shutdown() woke the thread that waited in read; close() left it waiting")
	}),
}
