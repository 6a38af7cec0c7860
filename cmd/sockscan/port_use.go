package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"sockproof/lib/live"
)

// portUser is sockets of one process that have a port at their own end, in one state.
type portUser struct {
	State   string      `json:"state"`
	Address string      `json:"address"` // the first of them
	Sockets int         `json:"sockets"`
	Program *live.Owner `json:"program,omitempty"` // absent: nobody any more, or not visible
}

// portUsers groups sockets as they come: of each port its users.
type portUsers struct {
	at     map[portUserKey]*portUser
	inodes map[uint32]int32 // owners, from 1; 0: looked for
	owners []live.Owner
	// gaps: some may be missing, for the table changed while it was read, each time. noBound: it does not have sockets that are bound and do
	// nothing else.
	gaps, noBound bool
}

type portUserKey struct {
	port  uint16
	state string
	owner int32
}

// of are the users of a port, listeners first.
func (u *portUsers) of(port uint16) []portUser {
	all := []portUser{}
	for key, user := range u.at {
		if key.port == port {
			all = append(all, *user)
		}
	}
	slices.SortFunc(all, func(a, b portUser) int {
		return cmp.Or(cmp.Compare(stateOrder(a.State), stateOrder(b.State)), cmp.Compare(b.Sockets, a.Sockets), cmp.Compare(pidOf(a.Program), pidOf(b.Program)))
	})
	return all
}

// stateOrder puts who listens first.
func stateOrder(state string) string {
	if state == "LISTEN" {
		return ""
	}
	return state
}

// write shows who uses a port now.
func (p *checkedPort) write(w io.Writer) {
	fmt.Fprintf(w, "port %d %s: %s\n", p.Port, p.verdict(), p.Why)
	switch {
	case p.asked == nil:
	case p.asked.gaps:
		fmt.Fprintln(w, "  what uses it is not wholly known: the table of sockets changed while it was read, each time")
	case len(p.Users) == 0 && p.asked.noBound:
		fmt.Fprintln(w, "  no TCP socket uses it now, unless one is bound and does nothing else: kernels before Linux 6.8 do not list those")
	case len(p.Users) == 0:
		fmt.Fprintln(w, "  no TCP socket uses it now")
	}
	for _, u := range p.Users {
		who := ""
		if u.Program != nil {
			who = ", " + processText(u.Program)
		}
		fmt.Fprintf(w, "  %s %s: %s%s\n", u.State, u.Address, plural("socket", u.Sockets), who)
	}
}
