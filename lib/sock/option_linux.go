package sock

import (
	"strconv"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// option is how the kernel numbers an option.
type option struct{ level, number int }

// options are those in use.
var options = map[journal.Option]option{
	journal.SOReusePort:      {unix.SOL_SOCKET, unix.SO_REUSEPORT},
	journal.SOReuseAddr:      {unix.SOL_SOCKET, unix.SO_REUSEADDR},
	journal.IPLocalPortRange: {unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE},
	journal.IPBindNoPort:     {unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT},
	journal.IPRecvErr:        {unix.IPPROTO_IP, unix.IP_RECVERR},
	journal.IPv6RecvErr:      {unix.IPPROTO_IPV6, unix.IPV6_RECVERR},
	journal.SOKeepAlive:      {unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	journal.TCPKeepIdle:      {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
	journal.TCPKeepInterval:  {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
	journal.TCPKeepCount:     {unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	journal.TCPUserTimeout:   {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
	journal.SOReceiveBuffer:  {unix.SOL_SOCKET, unix.SO_RCVBUF},
	journal.SOSendBuffer:     {unix.SOL_SOCKET, unix.SO_SNDBUF},
	journal.TCPNoDelay:       {unix.IPPROTO_TCP, unix.TCP_NODELAY},
	journal.TCPMaxSeg:        {unix.IPPROTO_TCP, unix.TCP_MAXSEG},
	journal.TCPQuickAck:      {unix.IPPROTO_TCP, unix.TCP_QUICKACK},
	journal.TCPRepair:        {unix.IPPROTO_TCP, unix.TCP_REPAIR},
	journal.TCPRepairQueue:   {unix.IPPROTO_TCP, unix.TCP_REPAIR_QUEUE},
	journal.TCPQueueSeq:      {unix.IPPROTO_TCP, unix.TCP_QUEUE_SEQ},
	journal.TCPFastOpen:      {unix.IPPROTO_TCP, unix.TCP_FASTOPEN},
	journal.TCPFastOpenCall:  {unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT},
	journal.TCPDeferAccept:   {unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT},
	journal.TCPSynCount:      {unix.IPPROTO_TCP, unix.TCP_SYNCNT},
	journal.TCPCork:          {unix.IPPROTO_TCP, unix.TCP_CORK},
	journal.SOError:          {unix.SOL_SOCKET, unix.SO_ERROR},
	journal.SODetachFilter:   {unix.SOL_SOCKET, unix.SO_DETACH_FILTER},
}

// SetOption sets an option (setsockopt(2)).
func (s *Socket) SetOption(o journal.Option, value int) error {
	return s.call("setsockopt", []string{string(o), optionText(o, value)}, func(fd int) returned {
		n := options[o]
		if err := unix.SetsockoptInt(fd, n.level, n.number, value); err != nil {
			return returned{err: err}
		}
		return returned{kept: kept(o, fd)}
	})
}

// kept is the value that a socket has of an option that reads back as it was set; "" for
// others, and where the kernel does not say.
func kept(o journal.Option, fd int) string {
	switch o {
	case journal.SOReusePort, journal.SOReuseAddr, journal.IPLocalPortRange, journal.IPBindNoPort, journal.IPRecvErr, journal.IPv6RecvErr, journal.SOKeepAlive,
		journal.TCPKeepIdle, journal.TCPKeepInterval, journal.TCPKeepCount, journal.TCPUserTimeout, journal.TCPNoDelay, journal.TCPCork,
		journal.TCPQuickAck, journal.TCPSynCount, journal.TCPFastOpenCall:
	default:
		return ""
	}
	v, err := unix.GetsockoptInt(fd, options[o].level, options[o].number)
	if err != nil {
		return ""
	}
	return optionText(o, v)
}

// Option reads an option (getsockopt(2)).
func (s *Socket) Option(o journal.Option) (int, error) {
	var v int
	err := s.call("getsockopt", []string{string(o)}, func(fd int) returned {
		var err error
		v, err = unix.GetsockoptInt(fd, options[o].level, options[o].number)
		return returned{out: optionText(o, v), err: err}
	})
	return v, err
}

// Error reads and clears the socket's pending error (SO_ERROR, socket(7)).
func (s *Socket) Error() (journal.Errno, error) {
	v, err := s.Option(journal.SOError)
	if err != nil || v == 0 {
		return "", err
	}
	return ErrnoName(unix.Errno(v)), nil
}

// optionText renders an option's value: SO_ERROR's as an errno, TCP_REPAIR's with its sign
// (TCP_REPAIR_OFF_NO_WP is -1). The others are flags, counts, sequence numbers, or two ports in one.
func optionText(o journal.Option, v int) string {
	switch {
	case o == journal.SOError && v != 0:
		return unix.ErrnoName(unix.Errno(v))
	case o == journal.TCPRepair:
		return strconv.Itoa(v)
	}
	return strconv.FormatUint(uint64(uint32(v)), 10)
}

// SetLinger sets SO_LINGER (socket(7)). With on and 0 seconds, close sends RST.
func (s *Socket) SetLinger(on bool, seconds int) error {
	s.lingers.Store(on && seconds > 0)
	return s.call("setsockopt", []string{string(journal.SOLinger), string(journal.Linger{On: on, Seconds: seconds}.Value())}, func(fd int) returned {
		if err := setLinger(fd, on, seconds); err != nil {
			return returned{err: err}
		}
		l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER)
		if err != nil {
			return returned{}
		}
		return returned{kept: lingerText(l)}
	})
}

func setLinger(fd int, on bool, seconds int) error {
	l := unix.Linger{Linger: int32(seconds)}
	if on {
		l.Onoff = 1
	}
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l)
}

// lingerText is a struct linger as strace prints it, in short: "{1, 0}".
func lingerText(l *unix.Linger) string {
	return string(journal.Linger{On: l.Onoff != 0, Seconds: int(l.Linger)}.Value())
}

// Linger reads SO_LINGER, as the journal shows it: "{1, 0}".
func (s *Socket) Linger() (string, error) {
	var text string
	err := s.call("getsockopt", []string{string(journal.SOLinger)}, func(fd int) returned {
		l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER)
		if err == nil {
			text = lingerText(l)
		}
		return returned{out: text, err: err}
	})
	return text, err
}

// DropRST makes the socket ignore segments with RST, by a socket filter
// (SO_ATTACH_FILTER, socket(7)): the kernel runs it on each segment, from its
// TCP header on, before TCP sees it.
func (s *Socket) DropRST() error {
	const flagsAt, rst = 13, 0x04 // RFC 9293 §3.1
	return s.filter("drop RST",
		unix.SockFilter{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flagsAt},
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: rst},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: wholeSegment})
}

// DropAll makes the socket ignore every segment, as if the path to it were dead.
func (s *Socket) DropAll() error {
	return s.filter("drop all", unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0})
}

// wholeSegment is what a socket filter returns that lets a segment pass.
const wholeSegment = 0xffffffff

func (s *Socket) filter(does string, program ...unix.SockFilter) error {
	return s.call("setsockopt", []string{string(journal.SOAttachFilter), does}, func(fd int) returned {
		return returned{err: unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})}
	})
}

// Dropped is how many segments the socket has thrown away (SO_MEMINFO, socket(7)); 0
// where the kernel does not say.
func (s *Socket) Dropped() int64 { return drops(s.descriptor()) }

// DropNothing takes the filter away again (SO_DETACH_FILTER).
func (s *Socket) DropNothing() error {
	return s.SetOption(journal.SODetachFilter, 0)
}
