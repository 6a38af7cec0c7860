package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// total is what one host sent in bulk.
type total struct {
	journal.Bulk
	hash  hash.Hash
	flags packet.Flags
	last  packet.Packet // for its addresses
}

// Bulk carries packets as fast as they come while produce makes them, one
// batch a call, until it has no more and the wire is quiet. Packets are counted
// and hashed instead of kept, and no rule applies to them; the sockets are
// looked at after each, so changes of state are journalled all the same. The
// journal gets, per sending host, one packet event that says so.
//
// Packets that wait already are delivered first, one by one.
func (w *Wire) Bulk(produce func() (more bool, err error)) error {
	if err := w.Settle(); err != nil {
		return err
	}
	totals := make([]total, len(w.ends))
	for i := range totals {
		totals[i].hash = sha256.New()
	}
	defer w.recordBulk(totals)
	for more := true; more; {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		var err error
		if more, err = produce(); err != nil {
			return err
		}
		if err := w.carry(totals); err != nil {
			return err
		}
	}
	return nil
}

// carry moves packets both ways until none comes.
func (w *Wire) carry(totals []total) error {
	for quiet := false; !quiet; {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		quiet = true
		for i := range w.ends {
			n, err := w.carryFrom(&w.ends[i], &totals[i])
			if err != nil {
				return err
			}
			if n > 0 {
				quiet = false
			}
		}
	}
	return nil
}

// batch bounds how many packets of one host are carried before it is the other's turn.
const batch = 64

func (w *Wire) carryFrom(e *End, t *total) (n int, err error) {
	for n < batch {
		raw, err := w.read(e)
		if err != nil || raw == nil {
			return n, err
		}
		n++
		if err := w.carryOne(e, raw, t); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (w *Wire) carryOne(from *End, raw []byte, t *total) error {
	p, err := packet.Decode(raw)
	to := w.end(p.Dst.Addr())
	if err == nil && to != nil {
		t.count(p)
		err = write(to, raw)
		w.step()
		return err
	}
	w.arrive(from, slices.Clone(raw)) // dropped, and journalled with the reason, as at other times
	return nil
}

func (t *total) count(p packet.Packet) {
	t.Packets++
	t.IPBytes += int64(len(p.Raw))
	t.TCPBytes += int64(len(p.Payload))
	t.flags |= p.Flags
	t.last = p
	_, _ = t.hash.Write(p.Raw) // never fails, says hash.Hash
}

func (w *Wire) recordBulk(totals []total) {
	for i := range totals {
		t := &totals[i]
		if t.Packets == 0 {
			continue
		}
		t.SHA256 = hex.EncodeToString(t.hash.Sum(nil))
		t.Flags = t.flags.String()
		w.rec.Add(journal.Event{Host: w.ends[i].Host, Kind: journal.KindPacket, Packet: &journal.Packet{
			Src: journal.AddressOf(t.last.Src), Dst: journal.AddressOf(t.last.Dst), Flags: t.flags,
			At: journal.AtDelivered, Bulk: &t.Bulk,
		}})
	}
}
