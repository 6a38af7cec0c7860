package main

import (
	"cmp"

	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// usersOf finds which sockets of a place use these ports at their own end, and whose they are.
func usersOf(in live.Place, ports []uint16) (*portUsers, error) {
	u := &portUsers{at: map[portUserKey]*portUser{}, inodes: map[uint32]int32{}}
	var found []diag.Socket
	err := in.In(func() error {
		conn, err := diag.Open()
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // it has answered by then
		return live.Again(func() (interrupted error) {
			found = nil
			for _, p := range ports {
				for _, states := range []uint32{0, 1 << tcpstate.Bound} {
					err := live.Families(conn, diag.Filter{LocalPort: p, States: states}, func(s diag.Socket) { found = append(found, s) })
					if err != nil && !isInterrupted(err) {
						return err
					}
					interrupted = cmp.Or(interrupted, err)
				}
			}
			return interrupted
		})
	})
	if isInterrupted(err) {
		u.gaps, err = true, nil
	}
	u.noBound = !showsBound(func(string, error) { u.gaps = true })
	for i := range found {
		if found[i].Inode != 0 {
			u.inodes[uint32(found[i].Inode)] = 0
		}
	}
	if len(u.inodes) > 0 {
		live.Owners(func(inode uint64) bool { _, wanted := u.inodes[uint32(inode)]; return wanted }, u.held)
	}
	for i := range found {
		u.add(&found[i])
	}
	return u, err
}

// held notes an owner; of several, the first.
func (u *portUsers) held(inode uint64, _ int, o live.Owner) {
	if u.inodes[uint32(inode)] != 0 {
		return
	}
	if n := len(u.owners); n == 0 || u.owners[n-1] != o {
		u.owners = append(u.owners, o)
	}
	u.inodes[uint32(inode)] = int32(len(u.owners))
}

func (u *portUsers) add(s *diag.Socket) {
	key := portUserKey{s.Local.Port(), tcpstate.Name(s.State), u.inodes[uint32(s.Inode)]}
	if s.Inode == 0 {
		key.owner = 0
	}
	user := u.at[key]
	if user == nil {
		user = &portUser{State: key.state, Address: live.Scoped(s.Local, s.Interface).String()}
		if key.owner > 0 {
			user.Program = &u.owners[key.owner-1]
		}
		u.at[key] = user
	}
	user.Sockets++
}
