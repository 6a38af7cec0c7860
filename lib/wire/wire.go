package wire

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// maxPacket is the longest IP packet.
const maxPacket = 65535

// Device is where a host's IP packets leave it and enter it.
type Device interface {
	// Read takes a packet that has left the host; 0 and no error: none has.
	Read(b []byte) (int, error)
	// Write lets a packet enter the host.
	Write(b []byte) error
}

// End is a host's end of the wire.
type End struct {
	Host   string
	Addr   netip.Addr
	Device Device
}

// Packet is a packet on the wire: it has left a host, and has not arrived.
type Packet struct {
	packet.Packet
	From string // the host it left
	N    int    // the number of its "sent" event

	copied bool // the wire made it: a duplicate
}

// IsSYN says whether a packet asks for a connection.
func IsSYN(p *Packet) bool { return p.Flags.Has(packet.SYN) && !p.Flags.Has(packet.ACK) }

// IsSYNACK says whether a packet grants one.
func IsSYNACK(p *Packet) bool { return p.Flags.Has(packet.SYN | packet.ACK) }

// Fate is what a rule decides about a packet that has just left its host.
type Fate int

// The fates.
const (
	Wait      Fate = iota // it waits for its turn
	Hold                  // it is kept back until released
	Drop                  // it is thrown away
	Duplicate             // it waits for its turn, and a copy of it behind it
)

// Rule decides the fate of each packet as it leaves its host.
type Rule func(p *Packet) Fate

// Wire carries packets between its ends. It belongs to one goroutine.
type Wire struct {
	ctx  context.Context
	rec  *journal.Recorder
	ends []End
	rule Rule
	hand Hand // nil: packets take their turn
	// step is called after each delivery, to look at the sockets.
	step func()
	// idle waits until a packet leaves a host, at most for d.
	idle func(d time.Duration) error

	waiting []*Packet // in the order in which they left their hosts
	held    []*Packet
	buf     []byte
}

// New makes a wire between ends. After each delivery it calls step. Where there is
// nothing to carry it calls idle, which waits until a packet leaves a host, for d at
// most (Idle).
func New(ctx context.Context, rec *journal.Recorder, ends []End, step func(), idle func(d time.Duration) error) *Wire {
	return &Wire{ctx: ctx, rec: rec, ends: ends, step: step, idle: idle, buf: make([]byte, maxPacket)}
}

// SetRule makes rule decide about the packets that leave a host from now on;
// nil lets each wait for its turn.
func (w *Wire) SetRule(rule Rule) { w.rule = rule }

// Poll takes in what has left the hosts since the last time.
func (w *Wire) Poll() error {
	for i := range w.ends {
		if err := w.pollEnd(&w.ends[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *Wire) pollEnd(e *End) error {
	for {
		raw, err := w.read(e)
		if err != nil || raw == nil {
			return err
		}
		w.arrive(e, slices.Clone(raw))
	}
}

// read takes a packet that has left a host; nil: none has. It is overwritten by the
// next.
func (w *Wire) read(e *End) ([]byte, error) {
	n, err := e.Device.Read(w.buf)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the wire of host %s: %w", e.Host, err)
	case n > len(w.buf):
		return nil, fmt.Errorf("read the wire of host %s: it returned %d, more than it was given room for", e.Host, n)
	case n == 0:
		return nil, nil
	}
	return w.buf[:n], nil
}

// arrive journals a packet that left its host, and decides its fate.
func (w *Wire) arrive(from *End, raw []byte) {
	decoded, err := packet.Decode(raw)
	p := &Packet{Packet: decoded, From: from.Host}
	p.N = w.record(from.Host, p, journal.AtSent, 0, "")
	if err != nil {
		w.discard(p, err.Error())
		return
	}
	if w.end(p.Dst.Addr()) == nil {
		// Neighbour discovery, multicast: what a host says unasked.
		w.discard(p, "no host has this address")
		return
	}
	fate := Wait
	if w.rule != nil {
		fate = w.rule(p)
	}
	switch fate {
	case Hold:
		w.held = append(w.held, p)
		w.record(p.From, p, journal.AtHeld, p.N, "")
	case Drop:
		w.discard(p, "as the wire was told")
	case Duplicate:
		w.waiting = append(w.waiting, p, p.copy())
	default:
		w.waiting = append(w.waiting, p)
	}
}

// copy is the wire's own duplicate of a packet.
func (p *Packet) copy() *Packet {
	c := *p
	c.copied = true
	return &c
}

func (w *Wire) end(a netip.Addr) *End {
	for i := range w.ends {
		if w.ends[i].Addr == a {
			return &w.ends[i]
		}
	}
	return nil
}

// record journals a packet at a host.
func (w *Wire) record(host string, p *Packet, at string, of int, reason string) int {
	e := packet.Event(p.Packet, at)
	e.Of, e.Copy, e.Reason = of, p.copied, reason
	if of != 0 {
		e.Bytes = nil // they stand in the event it is of
	}
	return w.rec.Add(journal.Event{Host: host, Kind: journal.KindPacket, Packet: e})
}

func (w *Wire) discard(p *Packet, reason string) {
	w.record(p.From, p, journal.AtDropped, p.N, reason)
}

// Waiting lists the packets that wait for their turn, oldest first: those of
// one host, or with "" of all.
func (w *Wire) Waiting(host string) []*Packet { return filter(w.waiting, host) }

// Held lists the packets kept back, oldest first.
func (w *Wire) Held(host string) []*Packet { return filter(w.held, host) }

func filter(from []*Packet, host string) []*Packet {
	var some []*Packet
	for _, p := range from {
		if host == "" || p.From == host {
			some = append(some, p)
		}
	}
	return some
}

// ErrNotOnWire is that a packet has been delivered or dropped already.
var ErrNotOnWire = errors.New("the packet is no longer on the wire")

// take removes a packet from the wire, waiting or held.
func (w *Wire) take(p *Packet) error {
	for _, q := range []*[]*Packet{&w.waiting, &w.held} {
		if i := slices.Index(*q, p); i >= 0 {
			*q = slices.Delete(*q, i, i+1)
			return nil
		}
	}
	return fmt.Errorf("packet of event %d: %w", p.N, ErrNotOnWire)
}

// Deliver hands a packet to its host, whatever waits before it, then looks at
// the sockets and takes in what was answered.
func (w *Wire) Deliver(p *Packet) error {
	if w.hand != nil {
		return w.offer(p)
	}
	return w.Carry(p)
}

// DeliverNext delivers the packet that has waited longest; false: none waits.
func (w *Wire) DeliverNext() (bool, error) {
	if err := w.Poll(); err != nil {
		return false, err
	}
	if w.hand != nil {
		return w.byHand()
	}
	if len(w.waiting) == 0 {
		return false, nil
	}
	return true, w.Carry(w.waiting[0])
}

// Settle delivers packets one by one, oldest first, until none waits. Packets
// held stay held; timers are not waited for (Await).
func (w *Wire) Settle() error {
	for {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		more, err := w.DeliverNext()
		if err != nil || !more {
			return err
		}
	}
}

// flushed bounds how many packets Flush delivers.
const flushed = 1000

// Flush delivers what waits, and what that causes, though the run be over:
// somebody may wait for a RST that is under way.
func (w *Wire) Flush() error {
	for range flushed {
		more, err := w.DeliverNext()
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// enter writes a packet into its destination's TUN.
func (w *Wire) enter(p *Packet, at string, of int) error {
	to := w.end(p.Dst.Addr())
	if to == nil {
		return fmt.Errorf("packet to %s: no host on this wire has that address", p.Dst.Addr())
	}
	w.record(to.Host, p, at, of, "")
	if err := write(to, p.Raw); err != nil {
		return err
	}
	w.step()
	return w.Poll()
}

func write(to *End, raw []byte) error {
	if err := to.Device.Write(raw); err != nil {
		return fmt.Errorf("write to the wire of host %s: %w", to.Host, err)
	}
	return nil
}

// Release lets a held packet wait for its turn, behind those that wait already.
func (w *Wire) Release(p *Packet) error {
	i := slices.Index(w.held, p)
	if i < 0 {
		return fmt.Errorf("packet of event %d: %w", p.N, ErrNotOnWire)
	}
	w.held = slices.Delete(w.held, i, i+1)
	w.waiting = append(w.waiting, p)
	return nil
}

// ReleaseAll lets every held packet wait for its turn, oldest first.
func (w *Wire) ReleaseAll() {
	w.waiting = append(w.waiting, w.held...)
	w.held = nil
}

// Hold keeps back a packet that waits.
func (w *Wire) Hold(p *Packet) error {
	i := slices.Index(w.waiting, p)
	if i < 0 {
		return fmt.Errorf("packet of event %d: %w", p.N, ErrNotOnWire)
	}
	w.waiting = slices.Delete(w.waiting, i, i+1)
	w.held = append(w.held, p)
	w.record(p.From, p, journal.AtHeld, p.N, "")
	return nil
}

// Drop throws a packet away, and journals why.
func (w *Wire) Drop(p *Packet, reason string) error {
	if err := w.take(p); err != nil {
		return err
	}
	w.discard(p, reason)
	return nil
}

// Duplicate makes a copy of a packet wait behind all that wait already.
func (w *Wire) Duplicate(p *Packet) *Packet {
	c := p.copy()
	w.waiting = append(w.waiting, c)
	return c
}

// Inject hands a host the bytes of an IP packet: one kept from earlier, with
// the number of the event that has it, or with 0 one made up.
func (w *Wire) Inject(raw []byte, of int) error {
	decoded, err := packet.Decode(slices.Clone(raw))
	if err != nil {
		return fmt.Errorf("inject: %w", err)
	}
	return w.enter(&Packet{Packet: decoded}, journal.AtInjected, of)
}

// Await delivers what comes, by way of the kernel's timers too, until done
// says so, d has passed, or the run is over; it reports what done said last.
// It is how a scenario waits for a retransmission.
func (w *Wire) Await(d time.Duration, done func() bool) (bool, error) {
	deadline := time.Now().Add(d)
	for {
		if err := w.Settle(); err != nil {
			return false, err
		}
		if done() {
			return true, nil
		}
		if time.Now().After(deadline) {
			return false, nil
		}
		if err := w.sleep(deadline); err != nil {
			return false, err
		}
		w.step() // a timer may have changed a state without sending anything
	}
}

// pollInterval bounds a sleep, so that an interruption of the run is noticed.
const pollInterval = 20 * time.Millisecond

// sleep waits until a packet leaves a host, or the deadline.
func (w *Wire) sleep(deadline time.Time) error {
	if len(w.waiting) > 0 {
		return nil // what was asked meanwhile has sent something
	}
	return w.idle(max(min(time.Until(deadline), pollInterval), 0))
}
