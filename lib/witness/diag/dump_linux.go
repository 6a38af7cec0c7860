package diag

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Filter says which sockets a Dump lists. The kernel applies it.
type Filter struct {
	Family     uint8  // of the socket: FamilyIPv4, FamilyIPv6; 0: both
	States     uint32 // a bit for each, 1<<tcpstate.Listen | …; 0: all
	LocalPort  uint16 // 0: any
	RemotePort uint16 // 0: any; else no listener is listed
}

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
	states := f.States
	if states == 0 {
		states = allStates
	}
	if f.Family != 0 {
		return c.dump(f.Family, states, f, each)
	}
	if err := c.dump(FamilyIPv4, states, f, each); err != nil {
		return err
	}
	return c.dump(FamilyIPv6, states, f, each)
}

// dump asks for the sockets of one family and reads all of the answer.
func (c *Conn) dump(family uint8, states uint32, f Filter, each func(Socket) error) error {
	c.seq++
	c.req.set(unix.NLM_F_DUMP, c.seq, family, states)
	// The kernel compares these ports itself (inet_diag_dump_icsk): filter
	// bytecode for them (INET_DIAG_REQ_BYTECODE) would only do so again.
	c.req.setPorts(f.LocalPort, f.RemotePort)
	if err := c.send(); err != nil {
		return err
	}
	d := dumping{seq: c.seq, each: each}
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
		case typeByFamily:
			s, err := parseMessage(m.payload)
			if err != nil {
				return err
			}
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
