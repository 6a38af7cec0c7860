package main

import "sockproof/lib/live"

// findOwners names the processes that hold the sockets found. They are looked
// for only if there is an inode to look for.
func (r *scanned) findOwners() {
	owners := map[uint64][]live.Owner{} // by inode
	for i := range r.Sockets {
		if n := r.Sockets[i].Inode; n != 0 {
			owners[n] = nil
		}
	}
	if len(owners) == 0 {
		return
	}
	reason := live.Owners(
		func(inode uint64) bool { _, wanted := owners[inode]; return wanted },
		func(inode uint64, o live.Owner) {
			if held := owners[inode]; len(held) == 0 || held[len(held)-1].PID != o.PID { // a duplicate: one owner
				owners[inode] = append(held, o)
			}
		})
	for i := range r.Sockets {
		s := &r.Sockets[i]
		if s.Inode == 0 {
			continue
		}
		if s.Owners = append(s.Owners, owners[s.Inode]...); len(s.Owners) == 0 {
			r.OwnersNotVisible++
		}
	}
	if r.OwnersNotVisible > 0 {
		r.OwnersReason = reason
	}
}
