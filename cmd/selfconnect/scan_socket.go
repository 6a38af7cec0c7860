package main

import (
	"fmt"
	"strings"

	"sockproof/lib/live"
	"sockproof/lib/report"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// isSelfConnected says whether a socket's peer is the socket itself: a 4-tuple
// names one socket of a namespace. Both addresses of a socket have its one
// scope, so that equal link-local addresses are of the same interface.
func isSelfConnected(s *diag.Socket) bool {
	// The ports differ nearly always, and are compared fastest.
	return s.Local.Port() == s.Remote.Port() && s.Local.Addr() == s.Remote.Addr() && s.State != tcpstate.Listen && s.State != tcpstate.SynSent
}

// describe is what a scan tells of a socket.
func describe(s *diag.Socket) scannedSocket {
	d := scannedSocket{
		State: s.StateName(), Address: live.Scoped(s.Local, s.Interface).String(), Family: "ipv4",
		Inode: s.Inode, Owners: []live.Owner{},
	}
	if s.Family == diag.FamilyIPv6 {
		d.Family = "ipv6"
	}
	if s.Inode != 0 {
		d.UID = &s.UID
	}
	if s.TimerName() == "timewait" {
		d.LeftMS = s.TimerMS
	}
	return d
}

// title is the address, and the socket's family where that does not show it.
func (s *scannedSocket) title() string {
	if s.Family == "ipv6" && !strings.HasPrefix(s.Address, "[") {
		return s.Address + " (IPv6 socket)"
	}
	return s.Address
}

// holder says who holds the socket, or for how long it stays.
func (s *scannedSocket) holder() string {
	switch {
	case s.LeftMS > 0:
		return fmt.Sprintf("no owner any more; blocks its port for another %d s", (s.LeftMS+999)/1000)
	case s.Inode == 0:
		return "no owner any more"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "uid %d, inode %d", *s.UID, s.Inode)
	for _, o := range s.Owners {
		fmt.Fprintf(&b, ", pid %d", o.PID)
		if o.Program != "" {
			fmt.Fprintf(&b, " (%s)", report.Printable(o.Program))
		}
	}
	return b.String()
}
