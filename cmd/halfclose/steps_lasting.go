package main

import (
	"strconv"
	"time"

	"sockproof/lib/scenario"
)

// finTimeout is the tcp_fin_timeout of these scenarios: short enough to be
// waited for, longer than what the kernel never goes below, three and a half
// times the retransmission timeout (tcp_fin_time in include/net/tcp.h).
const finTimeout = time.Second

// setFinTimeout makes it on a host.
func setFinTimeout(t *scenario.T, host string) {
	t.Sysctl(host, "net.ipv4.tcp_fin_timeout", strconv.Itoa(int(finTimeout/time.Second)))
}

// orphan: FIN_WAIT2 that no descriptor refers to, until the kernel ends it.
func orphan(t *scenario.T) {
	setFinTimeout(t, "a")
	client, server := t.Connection()
	client.Close()
	t.Await(5*finTimeout, client.Gone)
	server.Look()
	server.Send("anybody there?")
	server.Recv()
}

// halfOpen: FIN_WAIT2 whose descriptor is still open, for longer than an orphan
// would last, until the peer has said its last word.
func halfOpen(t *scenario.T) {
	setFinTimeout(t, "a")
	client, server := t.Connection()
	client.ShutdownWrite()
	client.Look()
	t.Wait(3 * finTimeout)
	client.Look()
	server.Send("at last")
	client.Recv()
	server.Close()
}
