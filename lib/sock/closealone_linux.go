package sock

import (
	"time"

	"golang.org/x/sys/unix"
)

// closeAlone closes a descriptor while no child is being started: until it runs
// its program such a one has a copy of it, which would keep the connection open.
// A close that may wait, for its socket lingers, says so.
func closeAlone(fd int, lingers bool) error {
	starting.RLock()
	inode, open := inodeOf(fd)
	if !open || !lingers {
		defer starting.RUnlock()
		return unix.Close(fd)
	}
	// This one may take seconds, for which nobody else has to wait: the descriptor
	// is gone as soon as the call has begun.
	go func() {
		defer starting.RUnlock()
		for {
			if now, open := inodeOf(fd); !open || now != inode {
				return
			}
			time.Sleep(goneAfter)
		}
	}()
	return unix.Close(fd)
}

// goneAfter is how often it is asked whether a descriptor is gone.
const goneAfter = 50 * time.Microsecond

// inodeOf tells which file a descriptor is of; open: it is of one.
func inodeOf(fd int) (inode uint64, open bool) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return st.Ino, err == nil
}
