package wire

import (
	"errors"
	"slices"

	"sockproof/lib/journal"
)

// Hand is asked whenever packets wait for their turn: somebody steps the wire. It
// acts by the wire's own methods, Carry to deliver a packet, and says whether it
// has delivered one.
type Hand func(w *Wire) (delivered bool, err error)

// SetHand lets somebody decide what becomes of each packet; nil: each is delivered
// in its turn.
func (w *Wire) SetHand(h Hand) { w.hand = h }

// byHand asks the hand until a packet is delivered, or none waits any more.
func (w *Wire) byHand() (bool, error) {
	for len(w.waiting) > 0 {
		if delivered, err := w.hand(w); err != nil || delivered {
			return delivered, err
		}
	}
	return false, nil
}

// offer puts a packet at the head of those that wait, and asks the hand until it
// is no longer there.
func (w *Wire) offer(p *Packet) error {
	if err := w.take(p); err != nil {
		return err
	}
	w.waiting = slices.Insert(w.waiting, 0, p)
	for slices.Contains(w.waiting, p) {
		if _, err := w.hand(w); err != nil {
			return err
		}
	}
	return nil
}

// Carry delivers a packet, whatever waits before it, without asking the hand.
func (w *Wire) Carry(p *Packet) error {
	if err := w.take(p); err != nil {
		return err
	}
	return w.enter(p, journal.AtDelivered, p.N)
}

// errOne is that two packets are needed for a swap.
var errOne = errors.New("two packets have to wait for that")

// Swap lets the two packets that have waited longest change places.
func (w *Wire) Swap() error {
	if len(w.waiting) < 2 {
		return errOne
	}
	w.waiting[0], w.waiting[1] = w.waiting[1], w.waiting[0]
	return nil
}
