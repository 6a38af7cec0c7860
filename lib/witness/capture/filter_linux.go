package capture

import (
	"slices"

	"golang.org/x/sys/unix"
)

// maxPorts bounds the filter: its jumps reach 255 instructions, and each port
// takes two.
const maxPorts = 32

// rejectAll is the filter that takes nothing.
func rejectAll() []unix.SockFilter {
	return []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
}

// portFilter is the filter that takes TCP packets from or to one of the ports:
// classic BPF (Documentation/networking/filter.rst), run on what begins with
// the IP header. It passes IPv4 options, and takes no fragment but the first;
// IPv6 packets with extension headers, which Linux's TCP does not send unless
// asked to, are not taken.
func portFilter(ports []uint16) []unix.SockFilter {
	const (
		protocol = 0xfffff000 // SKF_AD_OFF + SKF_AD_PROTOCOL: the frame's EtherType
		loadWord = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		loadHalf = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
		loadByte = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
		loadAtX  = unix.BPF_LD | unix.BPF_H | unix.BPF_IND
		ifEqual  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ifAny    = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		jump     = unix.BPF_JMP | unix.BPF_JA
		ret      = unix.BPF_RET | unix.BPF_K
	)
	n := len(ports)
	compare := 12               // where the ports are compared
	reject := compare + 2 + 2*n // behind both comparisons
	accept := reject + 1
	// to is the distance of a jump from the instruction at to its target.
	to := func(at, target int) uint8 { return uint8(target - at - 1) }

	f := []unix.SockFilter{
		0:  {Code: loadWord, K: protocol},
		1:  {Code: ifEqual, K: unix.ETH_P_IP, Jf: to(1, 8)},
		2:  {Code: loadByte, K: 9}, // protocol
		3:  {Code: ifEqual, K: unix.IPPROTO_TCP, Jf: to(3, reject)},
		4:  {Code: loadHalf, K: 6}, // fragment offset
		5:  {Code: ifAny, K: 0x1fff, Jt: to(5, reject)},
		6:  {Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 0}, // X = length of the IPv4 header
		7:  {Code: jump, K: uint32(to(7, compare))},
		8:  {Code: ifEqual, K: unix.ETH_P_IPV6, Jf: to(8, reject)},
		9:  {Code: loadByte, K: 6}, // next header
		10: {Code: ifEqual, K: unix.IPPROTO_TCP, Jf: to(10, reject)},
		11: {Code: unix.BPF_LDX | unix.BPF_W | unix.BPF_IMM, K: 40}, // X = length of the IPv6 header
	}
	for _, offset := range []uint32{0, 2} { // source port, destination port
		f = append(f, unix.SockFilter{Code: loadAtX, K: offset})
		for _, port := range ports {
			f = append(f, unix.SockFilter{Code: ifEqual, K: uint32(port), Jt: to(len(f), accept)})
		}
	}
	return slices.Concat(f, []unix.SockFilter{{Code: ret, K: 0}, {Code: ret, K: 0xffffffff}})
}
