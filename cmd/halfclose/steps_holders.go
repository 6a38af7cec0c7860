package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// shared: two descriptors of one socket, made by dup and by fork; then a
// shutdown through one of two.
func shared(t *scenario.T) {
	byDup(t)
	byFork(t)
	shutByFork(t)
}

// byDup closes the first descriptor, writes through the second, and closes that.
func byDup(t *scenario.T) {
	client, server := t.Connection()
	second := client.Dup()
	client.Close()
	server.Recv()
	second.Send("by dup")
	server.Recv()
	second.Close()
	server.Recv()
}

// byFork closes the parent's descriptor, writes through the child's, and closes that.
func byFork(t *scenario.T) {
	client, server := t.Connection()
	child := t.Spawn(journal.DefaultSIGPIPE, client)
	client.Close()
	server.Recv()
	child.Write(client, "by fork")
	server.Recv()
	child.Close(client)
	server.Recv()
}

// shutByFork shuts down in the child; the parent writes.
func shutByFork(t *scenario.T) {
	client, server := t.Connection()
	child := t.Spawn(journal.DefaultSIGPIPE, client)
	child.Shutdown(client, journal.ShutWrite)
	server.Recv()
	client.SendMsg("too late", journal.MSGNoSignal)
}

// exit: a process that owns a connection returns from main, and one that calls
// _exit.
func exit(t *scenario.T) {
	endOwner(t, func(c *scenario.Child) { c.Exit(0) })
	endOwner(t, func(c *scenario.Child) { c.ExitNow(0) })
}

// kill: a process that owns a connection is killed.
func kill(t *scenario.T) {
	endOwner(t, func(c *scenario.Child) { c.Kill(journal.SIGKILL) })
}

// endOwner gives the client's end of a connection to a child alone, and ends the
// child: first with nothing unread, then with data that has not been read.
func endOwner(t *scenario.T, end func(*scenario.Child)) {
	for _, unread := range []bool{false, true} {
		client, server := t.Connection()
		child := t.Handover(journal.DefaultSIGPIPE, client)
		if unread {
			server.Send("not read yet")
		}
		end(child)
		server.Recv()
	}
}

// threads: one thread waits in read, another closes the descriptor, or shuts
// the connection down.
func threads(t *scenario.T) {
	whileReading(t, closing)
	whileReading(t, shut(journal.ShutBoth))
}

// The waits of a thread that reads: for it to wait in the call, and for the
// call to return.
const (
	untilWaiting = 2 * time.Second
	untilWoken   = 500 * time.Millisecond
)

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
