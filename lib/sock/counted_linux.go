package sock

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
	"sockproof/lib/witness/tcpstate"
)

// counted is what TCP_INFO says that the kernel counted of a socket, and how much of
// it the socket threw away.
func counted(fd int, info *unix.TCPInfo) journal.Info {
	return journal.Info{
		SegsIn: int64(info.Segs_in), SegsOut: int64(info.Segs_out), DataSegsIn: int64(info.Data_segs_in),
		BytesReceived: int64(info.Bytes_received), BytesAcked: int64(info.Bytes_acked),
		Retrans: int64(info.Total_retrans), SndWnd: int64(info.Snd_wnd), Drops: drops(fd),
	}
}

// The words of SO_MEMINFO (include/uapi/linux/sock_diag.h), and which of them counts
// drops: SK_MEMINFO_DROPS.
const (
	memInfoWords = 9
	memInfoDrops = 8
)

// drops is how many packets the socket threw away (SO_MEMINFO, socket(7)); 0 where the
// kernel does not say.
func drops(fd int) int64 {
	var words [memInfoWords]uint32
	size := uint32(unsafe.Sizeof(words))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&words)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 || uintptr(size) < unsafe.Sizeof(words) {
		return 0
	}
	return int64(words[memInfoDrops])
}

// Count journals what TCP_INFO has counted of each socket whose descriptor is open,
// where that has moved since it was journalled last. It must be called on the run's
// thread.
func (t *Table) Count() {
	t.take()
	for _, s := range t.sockets() {
		s.countNow()
	}
}

// count is Count of one socket: before its descriptor is closed, nothing counts
// afterwards.
func (s *Socket) count() {
	if !s.t.OnThread() {
		return
	}
	s.t.take()
	s.countNow()
}

func (s *Socket) countNow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	fd, info := s.readInfo()
	s.adds = info != nil && info.State != tcpstate.Close && info.State != tcpstate.Listen
	if !s.adds {
		return // what a closed one counted stands with that change; a listener counts nothing
	}
	now := counted(fd, info)
	if now == s.told {
		return
	}
	s.told = now
	s.t.rec.Add(journal.Event{
		Host: s.host.Name, Socket: s.id, Kind: journal.KindSample,
		Sample: &journal.Sample{Witness: journal.TCPInfo, State: tcpstate.Name(info.State), Info: &now},
	})
}

// Level says whether, when they were counted last, each end of a connection had counted as many
// segments in as the other had counted out: nothing is under way between them. An accepted
// socket's SYN-ACK was not yet counted as its own.
func (t *Table) Level() bool {
	type tuple struct{ local, remote netip.AddrPort }
	ends := map[tuple]*Socket{}
	for _, s := range t.sockets() {
		if local, remote := s.addresses(); s.adds && remote.IsValid() {
			ends[tuple{local, remote}] = s
		}
	}
	for at, s := range ends {
		out := s.told.SegsOut
		if !s.dials.Load() {
			out++
		}
		if peer := ends[tuple{at.remote, at.local}]; peer != nil && peer.told.SegsIn < out {
			return false
		}
	}
	return true
}
