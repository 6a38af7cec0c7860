package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// talk lets each end say a line, so that both have received data: from then on
// the kernel delays its acknowledgements.
func talk(client, server *scenario.End) {
	client.Send("request")
	server.Recv()
	server.Send("answer")
	client.Recv()
}

// fourWay: the passive end closes after its kernel has acknowledged the FIN.
func fourWay(t *scenario.T) {
	client, server := t.Connection()
	talk(client, server)
	client.Close()
	awaitACK(t, client)
	server.Recv()
	server.Close()
}

// delayedACK bounds the wait for an acknowledgement that is delayed: by 40 ms,
// at most 200 (TCP_DELACK_MIN and TCP_DELACK_MAX in include/net/tcp.h).
const delayedACK = time.Second

// awaitACK waits until the passive end's kernel has acknowledged the FIN.
func awaitACK(t *scenario.T, client *scenario.End) {
	t.Await(delayedACK, func() bool { return client.Seen(journal.SockDiag) != journal.FinWait1 })
	t.Settle()
}

// threeWay: the passive end closes at once, while the acknowledgement of the
// FIN is still delayed; then after it has been sent; then at once again, when
// it was forced.
func threeWay(t *scenario.T) {
	for _, then := range []func(client, server *scenario.End){
		func(_, _ *scenario.End) {},
		func(client, _ *scenario.End) { awaitACK(t, client) },
		func(_, server *scenario.End) { server.Set(journal.TCPQuickAck, 1) },
	} {
		client, server := t.Connection()
		talk(client, server)
		t.AtOnce(func() { client.Close() })
		t.Deliver()
		server.Recv()
		then(client, server)
		server.Close()
	}
}

// mergedData: the passive end has data left, which it gives to the kernel
// together with the FIN; beside it, the same data written on its own.
func mergedData(t *scenario.T) {
	for _, flags := range [][]journal.SendFlag{{journal.MSGMore}, nil} {
		client, server := t.Connection()
		talk(client, server)
		t.AtOnce(func() { client.ShutdownWrite() })
		t.Deliver()
		t.AtOnce(func() { server.SendMsg("the rest", flags...); server.Close() })
		t.Settle()
		client.Recv()
		client.Recv()
	}
}
