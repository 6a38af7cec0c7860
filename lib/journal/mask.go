package journal

import "slices"

// Mask replaces what names a machine or its users: the same by the same everywhere.
type Mask interface {
	Text(s string) string
	Address(a Address) Address
	// Data replaces what a call wrote or read, Packet the bytes of a packet. What they
	// take away altogether, the digest stands for.
	Data(b []byte) ([]byte, *Digest)
	Packet(b []byte) ([]byte, *Digest)
}

// Masked is a copy of the journal under a mask.
func (j Journal) Masked(m Mask) Journal {
	j.Stopped, j.NetworkWhy, j.Over = m.Text(j.Stopped), m.Text(j.NetworkWhy), m.Text(j.Over)
	j.Witnesses = slices.Clone(j.Witnesses)
	for i := range j.Witnesses {
		j.Witnesses[i].Reason = m.Text(j.Witnesses[i].Reason)
	}
	j.Sockets = slices.Clone(j.Sockets)
	for i := range j.Sockets {
		s := &j.Sockets[i]
		s.Local, s.Remote = m.Address(s.Local), m.Address(s.Remote)
	}
	j.Events = slices.Clone(j.Events)
	for i := range j.Events {
		j.Events[i].mask(m)
	}
	return j
}

// mask puts a masked copy in the place of the payload, of the kinds that can name anything.
func (e *Event) mask(m Mask) {
	switch {
	case e.Call != nil:
		e.Call = e.Call.masked(m)
	case e.Packet != nil:
		e.Packet = e.Packet.masked(m)
	case e.Process != nil:
		e.Process = e.Process.masked(m)
	case e.Setting != nil:
		e.Setting = e.Setting.masked(m)
	case e.Rule != nil:
		e.Rule = e.Rule.masked(m)
	case e.Table != nil:
		e.Table = e.Table.masked(m)
	case e.Answer != nil:
		e.Answer = e.Answer.masked(m)
	case e.Note != nil:
		e.Note = e.Note.masked(m)
	}
}

func maskedAll(texts []string, m Mask) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = m.Text(texts[i])
	}
	return texts
}
