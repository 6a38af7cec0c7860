package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
	"sockproof/lib/wire"
)

// The ports of the two clients, which both have to bind: each must know where
// the other will call from.
const (
	portA = 5001
	portB = 5002
)

// client is one of two clients that call each other.
type client struct {
	*sock.Socket
	host *scenario.Host
	port uint16
}

// clients makes two clients and binds them, on ports offset from the usual
// ones so that several pairs fit into a run.
func clients(r *scenario.Run, offset uint16) (a, b client, err error) {
	return clientsAt(r, portA+offset, portB+offset)
}

// clientsAt makes two clients and binds them to the ports.
func clientsAt(r *scenario.Run, pa, pb uint16) (a, b client, err error) {
	if a, err = newClient(r.Host("a"), pa); err != nil {
		return a, b, err
	}
	b, err = newClient(r.Host("b"), pb)
	return a, b, err
}

// freePorts are two ports for the clients: the usual ones where every port is
// free, on the caller's own stack two that the kernel chooses.
func freePorts(r *scenario.Run) (pa, pb uint16, err error) {
	if r.Network() != journal.HostNet {
		return portA, portB, nil
	}
	a, b, err := clientsAt(r, 0, 0)
	if err != nil {
		return 0, 0, err
	}
	for _, c := range []struct {
		client
		port *uint16
	}{{a, &pa}, {b, &pb}} {
		local, err := c.Local()
		if err != nil {
			return 0, 0, err
		}
		*c.port = local.Port()
		if err := c.Close(); err != nil {
			return 0, 0, err
		}
	}
	return pa, pb, nil
}

func newClient(h *scenario.Host, port uint16) (client, error) {
	s, err := h.Socket()
	if err != nil {
		return client{}, err
	}
	return client{s, h, port}, s.Bind(h.At(port))
}

// call connects to the other client. The errno is evidence, already in the journal.
func (c client) call(other client) { _ = c.Connect(other.host.At(other.port)) }

// isSYN tells the opening's first segments, not their answers.
func isSYN(p *wire.Packet) bool { return p.Flags.Has(packet.SYN) && !p.Flags.Has(packet.ACK) }

// callEachOther makes both call while the wire holds their SYNs, and then lets
// both SYNs go: they cross.
func callEachOther(r *scenario.Run, a, b client) {
	w := r.Wire()
	w.SetRule(func(p *wire.Packet) wire.Fate {
		if isSYN(p) {
			return wire.Hold
		}
		return wire.Wait
	})
	a.call(b)
	b.call(a)
	w.SetRule(nil)
	w.ReleaseAll()
	r.Settle()
}

// retransmission bounds the wait for the kernel to send again: the second SYN
// is due after one second, the third after three (RFC 6298).
const retransmission = 8 * time.Second

// open says whether both are connected, for the scenario to go on; what is
// judged is the journal.
func open(a, b client) bool {
	return a.Seen(journal.TCPInfo) == journal.Established && b.Seen(journal.TCPInfo) == journal.Established
}

// abort closes both with RST, so that their ports are free at once.
func abort(a, b client) error {
	if err := a.Reset(); err != nil {
		return err
	}
	return b.Reset()
}

// exchange sends a line each way.
func exchange(r *scenario.Run, a, b client) {
	_, _ = a.Write([]byte("from a"))
	_, _ = b.Write([]byte("from b"))
	r.Settle()
	_, _ = b.Read(64)
	_, _ = a.Read(64)
}

// closeInTurn closes a, lets b see it, and closes b.
func closeInTurn(r *scenario.Run, a, b client) error {
	if err := a.Close(); err != nil {
		return err
	}
	r.Settle()
	_, _ = b.Read(64)
	if err := b.Close(); err != nil {
		return err
	}
	r.Settle()
	return nil
}

// isSYNACK tells the answers to the opening's first segments.
func isSYNACK(p *wire.Packet) bool { return p.Flags.Has(packet.SYN | packet.ACK) }
