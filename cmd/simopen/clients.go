package main

import (
	"net/netip"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// The ports of the two clients, which both have to bind: each must know where
// the other will connect from.
const (
	portA = 5001
	portB = 5002
)

// client is one of two clients that connect to each other.
type client struct {
	*scenario.End
	at netip.AddrPort
}

func newClient(h *scenario.Host, port uint16, options ...scenario.SocketOption) client {
	return client{h.Socket(append(options, scenario.From(port))...), h.At(port)}
}

// clients makes two clients, on ports offset from the usual ones so that several pairs
// fit into a run.
func clients(t *scenario.T, offset uint16) (a, b client) {
	return clientsAt(t, portA+offset, portB+offset)
}

// clientsAt makes two clients on these ports.
func clientsAt(t *scenario.T, pa, pb uint16) (a, b client) {
	return newClient(t.Host("a"), pa), newClient(t.Host("b"), pb)
}

// freePorts are two ports for the clients: the usual ones where every port is free, on
// the caller's own stack two that the kernel chooses.
func freePorts(t *scenario.T) (pa, pb uint16) {
	if !t.OnHost() {
		return portA, portB
	}
	a, b := clientsAt(t, 0, 0)
	pa, pb = a.Local().Port(), b.Local().Port()
	a.Close()
	b.Close()
	return pa, pb
}

// call begins to connect to the other client, and waits for nothing.
func (c client) call(other client) { c.StartConnect(other.at) }

// callEachOther makes both connect while the wire holds their SYNs, and then lets
// both SYNs go: they cross.
func callEachOther(t *scenario.T, a, b client) {
	t.Hold(wire.IsSYN)
	a.call(b)
	b.call(a)
	t.Release()
}

// retransmission bounds the wait for the kernel to send again: the second SYN
// is due after one second, the third after three (RFC 6298).
const retransmission = 8 * time.Second

// open says whether both are connected, for the steps to go on; what is judged is the
// journal.
func open(a, b client) bool {
	return a.State() == journal.Established && b.State() == journal.Established
}

// exchange sends a line each way.
func exchange(t *scenario.T, a, b client) {
	a.Write("from a")
	b.Write("from b")
	t.Settle()
	b.Recv()
	a.Recv()
}

// closeInTurn closes a, lets b see it, and closes b.
func closeInTurn(a, b client) {
	a.Close()
	b.Recv()
	b.Close()
}
