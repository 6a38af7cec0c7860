package sock

import (
	"fmt"
	"os"

	"sockproof/lib/witness/diag"
)

// isMe says whether what sock_diag found at the socket's addresses is the
// socket itself: several may have had them, one after the other.
//
// The inode tells, as long as a descriptor is open; the cookie from then on, which
// a TIME_WAIT has from its socket (inet_twsk_alloc in net/ipv4/inet_timewait_sock.c):
// what has another is the connection that was opened after it.
// What has neither, because sock_diag sees it for the first time as an orphan
// or in TIME_WAIT, is the socket itself if no other of the run has its addresses.
func (s *Socket) isMe(found *diag.Socket) bool {
	switch {
	case s.cookie != 0 && found.Cookie == s.cookie:
		return true
	case s.cookie != 0 && found.Inode == 0:
		return false
	case found.Inode != 0:
		own := s.ownInode()
		if own != 0 && own != found.Inode || own == 0 && s.isContested() {
			return false
		}
	case s.isContested():
		return false
	}
	s.cookie = found.Cookie
	return true
}

// ownInode is the inode of the socket's descriptor; 0 if /proc does not tell.
// It is read from the link in /proc, which is no system call on the socket.
func (s *Socket) ownInode() uint64 {
	if fd := s.descriptor(); s.inode == 0 && fd >= 0 {
		if link, err := os.Readlink(fmt.Sprintf("/proc/thread-self/fd/%d", fd)); err == nil {
			_, _ = fmt.Sscanf(link, "socket:[%d]", &s.inode) // else it stays 0
		}
	}
	return s.inode
}

// isContested says whether another watched socket has the same addresses.
func (s *Socket) isContested() bool {
	local, remote := s.addresses()
	for _, other := range s.t.sockets() {
		if other == s || other.host != s.host {
			continue
		}
		if l, r := other.addresses(); l == local && r == remote {
			return true
		}
	}
	return false
}
