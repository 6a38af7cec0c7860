package main

import (
	"errors"
	"fmt"
	"time"

	"sockproof/lib/live"
)

// A program's socket may be looked for so often, for it may be on its way from one of its
// processes to another.
const (
	looks     = 5
	lookPause = 2 * time.Millisecond
)

// whose finds out whether a connection is the program's: whether a process of its tree holds
// the other end.
func (p *play) whose(c *conn) {
	switch {
	case p.cmd == nil:
		c.mine = true
		p.note(met, c, nil, "from %s", c.far)
		return
	case p.anyPeer:
		c.mine = true
		p.note(met, c, nil, "from %s, whoever that is (--any-peer)", c.far)
		return
	}
	o, why := p.owner(c)
	if c.mine = why == ""; c.mine {
		p.watchHolder(c, o)
		p.note(met, c, nil, "from %s, %s (pid %d)", c.far, o.Program, o.PID)
		return
	}
	p.note(strange, c, nil, "from %s: %s", c.far, why)
}

// owner is the process of the program's that holds the other end; else why none is known.
func (p *play) owner(c *conn) (o live.Owner, why string) {
	for range looks {
		s, found := p.clients.Find(c.far, p.at)
		switch {
		case !found:
			return o, "its other end is not on this machine, or was closed before it could be looked at"
		case s.Inode == 0:
			return o, "its other end was closed before it could be seen whose it was"
		}
		o, held, err := p.holds(s.Inode)
		if held {
			return o, ""
		}
		why = fmt.Sprintf("no process that the program started is seen to hold its other end (user %d)", s.UID)
		if err != nil {
			why = "which process holds its other end cannot be seen: " + err.Error()
		}
		time.Sleep(lookPause)
	}
	return o, why
}

// holds is the process of the program's that holds a socket.
func (p *play) holds(inode uint64) (o live.Owner, held bool, err error) {
	pids, failed := p.cmd.Tree()
	o, held, err = live.HeldBy(inode, pids)
	if held {
		return o, true, nil
	}
	return o, false, errors.Join(failed, err)
}
