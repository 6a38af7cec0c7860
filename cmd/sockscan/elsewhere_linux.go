package main

import (
	"fmt"
	"slices"

	"sockproof/lib/cli"
	"sockproof/lib/live"
	"sockproof/lib/network"
)

// held are the TCP sockets of the process that --pid asks for. Not all need to be in the network namespace that is looked
// into: a socket stays where it was made.
type held struct {
	known  int
	unmet  map[uint64]int // inode and descriptor of those that no table has had yet
	failed error          // why not all are known
}

// heldBy asks for a process's sockets; 0: none is asked for.
func heldBy(pid int) (h held) {
	if pid != 0 {
		h.unmet, h.failed = live.TCPSockets(pid)
		h.known = len(h.unmet)
	}
	return h
}

// missElsewhere tells of the sockets of --pid that are in other network namespaces. That none is in this one, and the
// process neither, is a mistake in the call.
func (s *scanner) missElsewhere(l *look, h held) error {
	pid := s.o.filter.pid
	if pid == 0 {
		return nil
	}
	where := "--all-netns may look there"
	switch {
	case s.o.allNetns:
		where = "no process is in it, and it has no name, so that it cannot be looked into"
	case !s.isHere(pid):
		where = fmt.Sprintf("look there with --netns-of %d --pid %d", pid, pid)
		if h.known == len(h.unmet) && !slices.ContainsFunc(l.owners, func(o live.Owner) bool { return o.PID == pid }) {
			return cli.Usagef("flag \"--pid\": value \"%d\": it is in another network namespace: %s", pid, where)
		}
	}
	elsewhere, err := s.elsewhere(h)
	if elsewhere > 0 {
		l.unseen = append(l.unseen, unseen{fmt.Sprintf("%s of process %d in another network namespace: %s", plural("socket", elsewhere), pid, where), kindNames()})
	}
	if err != nil {
		l.unseen = append(l.unseen, unseen{fmt.Sprintf("whether process %d has sockets in another network namespace: %v", pid, err), kindNames()})
	}
	return nil
}

// elsewhere counts those that no table had and that are in a network namespace that is not looked into. Those that are
// in one that is have no connection, and nothing can be wrong with them.
func (s *scanner) elsewhere(h held) (n int, err error) {
	pid, failed := s.o.filter.pid, h.failed
	if len(h.unmet) == 0 {
		return 0, failed
	}
	now, _ := live.TCPSockets(pid) // what it cannot tell was not told before either
	for inode, fd := range h.unmet {
		if now[inode] != fd {
			continue // it was closed meanwhile
		}
		cookie, err := network.CookieOf(pid, fd)
		if err != nil {
			failed = err
		} else if !slices.ContainsFunc(s.places, func(p *opened) bool { return p.cookie == cookie }) {
			n++
		}
	}
	return n, failed
}
