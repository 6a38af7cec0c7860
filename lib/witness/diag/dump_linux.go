package diag

import "fmt"

// Dump calls each for every socket that passes the filter, in the kernel's
// order, which is none. A socket that neither listens nor ever connected is in
// no table of the kernel's, and is not listed. Memory does not grow with the
// number of sockets.
//
// A dump is no snapshot: a socket that changes its place in the tables
// meanwhile may be missed or come twice. If the kernel says so, Dump returns
// ErrInterrupted after the last socket.
//
// An error from each is returned as it is; each is not called again, but the
// kernel's answer is read to its end, so that c can be used on. While Dump
// runs, each must not use c.
func (c *Conn) Dump(f Filter, each func(Socket) error) error {
	if f.States == 0 {
		f.States = allStates
	}
	if f.Family != 0 || !f.MPTCP {
		return c.dump(f, each)
	}
	f.Family = FamilyIPv4
	if err := c.dump(f, each); err != nil {
		return err
	}
	f.Family = FamilyIPv6
	return c.dump(f, each)
}

// dump asks for the sockets of one family, or of TCP's both, and reads all of the answer.
func (c *Conn) dump(f Filter, each func(Socket) error) error {
	c.seq++
	if f.Family == 0 {
		c.req.dumpBoth(c.seq, f)
	} else {
		c.req.dump(c.seq, f)
	}
	if err := c.send(); err != nil {
		return err
	}
	d := dumping{seq: c.seq, filter: f, each: each}
	for !d.done {
		b, err := c.receive()
		if err != nil {
			return err
		}
		if err := d.take(b); err != nil {
			return err
		}
	}
	return d.result()
}

// dumping is the state of a dump's answer, which comes in many messages.
type dumping struct {
	seq         uint32
	filter      Filter
	each        func(Socket) error
	eachErr     error
	interrupted bool
	done        bool
}

// take handles what one receive returned.
func (d *dumping) take(b []byte) error {
	for len(b) > 0 && !d.done {
		var m message
		var err error
		if m, b, err = nextMessage(b); err != nil {
			return err
		}
		if m.seq != d.seq {
			continue
		}
		if m.flags&flagDumpIntr != 0 {
			d.interrupted = true
		}
		switch m.kind {
		case typeDone, typeError: // an error before the dump began, or at its end
			if err := errno(m.payload); err != nil {
				return fmt.Errorf("sock_diag: dump: %w", err)
			}
			d.done = true
		case typeByFamily, typeTCP:
			s, err := parseMessage(m.payload)
			if err != nil {
				return err
			}
			s.tell(m.payload, d.filter)
			if d.eachErr == nil {
				d.eachErr = d.each(s)
			}
		}
	}
	return nil
}

func (d *dumping) result() error {
	switch {
	case d.eachErr != nil:
		return d.eachErr
	case d.interrupted:
		return ErrInterrupted
	}
	return nil
}
