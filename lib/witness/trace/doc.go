// Package trace watches the kernel's TCP from inside, by programs at its tracepoints: who is
// reset and why, and which sockets stay in a state that only somebody else can end. It needs
// CAP_BPF and CAP_PERFMON in the initial user namespace, and a kernel that describes its types
// (BTF: /sys/kernel/btf/vmlinux, Linux 5.8 for the ring buffer). The programs are assembled here;
// where a field is, the running kernel says.
package trace

import (
	"net/netip"
	"time"
)

// Reset is one RST, as the kernel sent it or took it in.
type Reset struct {
	At       time.Time
	Received bool
	Local    netip.AddrPort // invalid: not known
	Remote   netip.AddrPort
	State    string // of the socket when its connection was still one; "": no socket was concerned
	Reason   string // the kernel's name (enum sk_rst_reason), of RSTs that were sent; "": not told, before Linux 6.10
	Answers  string // the flags of the segment that it answers; "": it answers none, or it was received
	Inode    uint64 // of its descriptors; 0: it has none
	PID      int    // the process in whose system call it was sent; 0: in none
	Program  string // its name; a stranger's choice
}

// Change is a socket's way from one state into another. Of a listener's new connection the kernel
// tells nothing before SYN_RECV has become ESTABLISHED.
type Change struct {
	At            time.Time
	From, To      string
	Local, Remote netip.AddrPort
	// Inode is that of its descriptors; 0: it has none, or it is one of Inside that has its ports.
	Inode uint64
}
