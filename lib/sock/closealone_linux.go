package sock

import (
	"time"

	"golang.org/x/sys/unix"
)

// alone lets no child be started until the descriptor, which is about to be
// closed, is gone, and returns what to do when it is closed: until it runs its
// program a child has a copy of every descriptor, which would keep the connection
// open. It is called before the close is timed, for it may have to wait.
// A close that may wait, for its socket lingers, says so.
func alone(fd int, lingers bool) (closed func()) {
	starting.RLock()
	inode, open := inodeOf(fd)
	if !open || !lingers {
		return starting.RUnlock
	}
	// This close may take seconds, for which nobody else has to wait: the
	// descriptor is gone as soon as the call has begun.
	returned := make(chan struct{})
	go func() {
		defer starting.RUnlock()
		for {
			if now, open := inodeOf(fd); !open || now != inode {
				return
			}
			select {
			case <-returned: // it may not have closed anything
				return
			case <-time.After(goneAfter):
			}
		}
	}()
	return func() { close(returned) }
}

// goneAfter is how often it is asked whether a descriptor is gone.
const goneAfter = 50 * time.Microsecond

// inodeOf tells which file a descriptor is of; open: it is of one.
func inodeOf(fd int) (inode uint64, open bool) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return st.Ino, err == nil
}
