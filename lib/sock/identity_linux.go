package sock

import (
	"os"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/diag"
)

// isMe says whether what sock_diag found at the socket's addresses is the
// socket itself: several may have had them, one after the other.
//
// The cookie tells. A TIME_WAIT has that of its socket (inet_twsk_alloc in
// net/ipv4/inet_timewait_sock.c), an accepted socket that of its request (inet_csk_clone_lock in
// net/ipv4/inet_connection_sock.c). What was never asked for its own is the socket itself
// if no other of the run has its addresses; if another has, it is not known, and why.
func (s *Socket) isMe(found *diag.Socket) (is bool, err error) {
	if s.cookie == 0 && !s.isContested() {
		s.is(found.Cookie)
	}
	if s.cookie == 0 {
		return false, s.nameless
	}
	return s.cookie == found.Cookie, nil
}

// identify asks a descriptor for its socket's cookie (SO_COOKIE, socket(7)), which no other socket
// has, before it or after. Where the kernel does not say, sock_diag will, or neither.
func (s *Socket) identify(fd int) {
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		s.nameless = os.NewSyscallError("getsockopt(SO_COOKIE) of "+s.id, err)
		return
	}
	s.is(cookie)
}

// named is a socket as the kernel names it on a host.
type named struct {
	host   string
	cookie uint64
}

// is notes the socket's cookie.
func (s *Socket) is(cookie uint64) {
	s.cookie = cookie
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if s.t.named != nil {
		s.t.named[named{s.host.Name, cookie}] = s
	}
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
