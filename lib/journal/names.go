package journal

// Names as the kernel's manual pages have them. Steps say what is to be done by them,
// events have them in their arguments and results, and judges compare with them.

// Errno is an errno by name (errno(3)); "": success.
type Errno string

// The errnos that steps and judges know.
const (
	EACCES        Errno = "EACCES"
	EADDRINUSE    Errno = "EADDRINUSE"
	EADDRNOTAVAIL Errno = "EADDRNOTAVAIL"
	EAGAIN        Errno = "EAGAIN"
	EALREADY      Errno = "EALREADY"
	EBADF         Errno = "EBADF"
	ECONNABORTED  Errno = "ECONNABORTED"
	ECONNREFUSED  Errno = "ECONNREFUSED"
	ECONNRESET    Errno = "ECONNRESET"
	EHOSTUNREACH  Errno = "EHOSTUNREACH"
	EINPROGRESS   Errno = "EINPROGRESS"
	EINTR         Errno = "EINTR"
	EINVAL        Errno = "EINVAL"
	EISCONN       Errno = "EISCONN"
	EMFILE        Errno = "EMFILE"
	ENETUNREACH   Errno = "ENETUNREACH"
	ENOENT        Errno = "ENOENT"
	ENOPROTOOPT   Errno = "ENOPROTOOPT"
	ENOTCONN      Errno = "ENOTCONN"
	EOPNOTSUPP    Errno = "EOPNOTSUPP"
	EPERM         Errno = "EPERM"
	EPIPE         Errno = "EPIPE"
	ETIMEDOUT     Errno = "ETIMEDOUT"
)

// Option is a socket option.
type Option string

// The options whose value is a number (socket(7), ip(7), tcp(7)).
const (
	SOReusePort      Option = "SO_REUSEPORT"
	SOReuseAddr      Option = "SO_REUSEADDR"
	IPBindNoPort     Option = "IP_BIND_ADDRESS_NO_PORT" // switch: bind() without choosing the port
	IPRecvErr        Option = "IP_RECVERR"              // switch: report ICMP errors at once
	IPv6RecvErr      Option = "IPV6_RECVERR"            // the same of IPv6
	IPLocalPortRange Option = "IP_LOCAL_PORT_RANGE"     // PortRange; Linux 6.3
	SOKeepAlive      Option = "SO_KEEPALIVE"
	TCPKeepIdle      Option = "TCP_KEEPIDLE"  // seconds
	TCPKeepInterval  Option = "TCP_KEEPINTVL" // seconds
	TCPKeepCount     Option = "TCP_KEEPCNT"
	TCPUserTimeout   Option = "TCP_USER_TIMEOUT" // milliseconds
	SOReceiveBuffer  Option = "SO_RCVBUF"        // bytes; the kernel doubles it
	SOSendBuffer     Option = "SO_SNDBUF"        // bytes; the kernel doubles it
	TCPQuickAck      Option = "TCP_QUICKACK"
	TCPRepair        Option = "TCP_REPAIR"       // switch; off without a probe: RepairOff
	TCPRepairQueue   Option = "TCP_REPAIR_QUEUE" // RepairReceive, RepairSend
	TCPQueueSeq      Option = "TCP_QUEUE_SEQ"    // the next sequence number of that queue
	TCPFastOpen      Option = "TCP_FASTOPEN"     // of a listener: how many may wait
	TCPFastOpenCall  Option = "TCP_FASTOPEN_CONNECT"
	TCPDeferAccept   Option = "TCP_DEFER_ACCEPT" // seconds
	TCPSynCount      Option = "TCP_SYNCNT"       // of a listener too: how often its SYN-ACKs are sent again
	TCPNoDelay       Option = "TCP_NODELAY"
	TCPMaxSeg        Option = "TCP_MAXSEG" // before connect(): the MSS that is announced, at most
	TCPCork          Option = "TCP_CORK"
	SOError          Option = "SO_ERROR"
	SODetachFilter   Option = "SO_DETACH_FILTER"
)

// The options whose value is another.
const (
	SOLinger       Option = "SO_LINGER"        // Linger
	SOAttachFilter Option = "SO_ATTACH_FILTER" // what the filter does, in words
)

// TCPLinger2 is an option that no step sets, and that other programs may.
const TCPLinger2 Option = "TCP_LINGER2"

// The values of TCPRepair and TCPRepairQueue (linux/tcp.h).
const (
	RepairOff     = -1
	RepairReceive = 1
	RepairSend    = 2
)

// PortRange is the value of IPLocalPortRange for the ports low to high: high in
// the upper half (ip(7)).
func PortRange(low, high uint16) int { return int(high)<<16 | int(low) }

// SendFlag is a flag of sendmsg(2), or of recvmsg(2).
type SendFlag string

// The flags.
const (
	MSGNoSignal SendFlag = "MSG_NOSIGNAL"
	MSGMore     SendFlag = "MSG_MORE"
	MSGOOB      SendFlag = "MSG_OOB"
	MSGPeek     SendFlag = "MSG_PEEK"
)

// How says which half shutdown(2) closes.
type How string

// The halves.
const (
	ShutRead  How = "SHUT_RD"
	ShutWrite How = "SHUT_WR"
	ShutBoth  How = "SHUT_RDWR"
)

// Signal is a signal (signal(7)).
type Signal string

// The signals.
const (
	SIGKILL Signal = "SIGKILL"
	SIGINT  Signal = "SIGINT"
	SIGPIPE Signal = "SIGPIPE"
)

// Disposition is what a process does about SIGPIPE (signal(7)).
type Disposition string

// The dispositions.
const (
	DefaultSIGPIPE Disposition = "default" // it dies of it
	IgnoreSIGPIPE  Disposition = "ignore"  // its writes fail with EPIPE
	HandleSIGPIPE  Disposition = "handler" // a handler is called, and its writes fail with EPIPE
	BlockSIGPIPE   Disposition = "blocked" // by sigprocmask: it stays pending, and its writes fail with EPIPE
	GoSIGPIPE      Disposition = "go"      // as Go's runtime has it: see the package os/signal
)
