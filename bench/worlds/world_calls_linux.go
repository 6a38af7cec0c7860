package main

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A call is one kind of system call, and the errors that it gets in the world's
// name: some that it can have, and some that it can't.
type call struct {
	name     string
	number   uint32
	argument int
	on       kind
	errnos   string
}

var calls = []call{
	{"socket", unix.SYS_SOCKET, 0, tcpSocket, "EPERM ENOBUFS EMFILE"},
	{"bind", unix.SYS_BIND, 0, tcpSocket, "EPERM EADDRINUSE EADDRNOTAVAIL EINVAL"},
	{"listen", unix.SYS_LISTEN, 0, tcpSocket, "EPERM EADDRINUSE"},
	{"accept4", unix.SYS_ACCEPT4, 0, tcpSocket, "EPERM EINTR EAGAIN ECONNABORTED EMFILE ENOMEM"},
	{"connect", unix.SYS_CONNECT, 0, tcpSocket, "EPERM EINTR EIO EAGAIN ECONNREFUSED ECONNRESET EADDRNOTAVAIL ETIMEDOUT ENOBUFS"},
	{"getsockname", unix.SYS_GETSOCKNAME, 0, tcpSocket, "ENOBUFS EINVAL"},
	{"getpeername", unix.SYS_GETPEERNAME, 0, tcpSocket, "ENOTCONN ENOBUFS"},
	{"read", unix.SYS_READ, 0, tcpSocket, "EINTR EIO EAGAIN ECONNRESET ETIMEDOUT"},
	{"recvfrom", unix.SYS_RECVFROM, 0, tcpSocket, "EPERM EINTR EIO ENOMEM EAGAIN ECONNRESET EPIPE ETIMEDOUT"},
	{"recvmsg", unix.SYS_RECVMSG, 0, tcpSocket, "EINTR EAGAIN ECONNRESET"},
	{"write", unix.SYS_WRITE, 0, tcpSocket, "EPERM EINTR EIO ENOMEM EAGAIN ECONNRESET EPIPE ETIMEDOUT ENOBUFS"},
	{"sendto", unix.SYS_SENDTO, 0, tcpSocket, "EPERM EINTR EAGAIN ECONNRESET EPIPE ENOBUFS"},
	{"sendmsg", unix.SYS_SENDMSG, 0, tcpSocket, "EPERM EINTR EAGAIN ECONNRESET EPIPE ENOBUFS"},
	{"sendfile", unix.SYS_SENDFILE, 0, tcpSocket, "EIO EAGAIN ECONNRESET EPIPE"},
	{"splice", unix.SYS_SPLICE, 2, tcpSocket, "EIO EAGAIN ECONNRESET EPIPE"},
	{"shutdown", unix.SYS_SHUTDOWN, 0, tcpSocket, "EPERM ENOTCONN EINTR"},
	{"close", unix.SYS_CLOSE, 0, tcpSocket, "EINTR EIO ECONNRESET"},
	{"setsockopt", unix.SYS_SETSOCKOPT, 0, tcpSocket, "EPERM EINVAL ENOMEM"},
	{"getsockopt", unix.SYS_GETSOCKOPT, 0, tcpSocket, "EPERM EINVAL ENOMEM ENOTCONN"},
	{"epoll_ctl", unix.SYS_EPOLL_CTL, 2, tcpSocket, "ENOMEM EEXIST ENOENT"},
	// The witnesses' own calls.
	{"netlink-send", unix.SYS_SENDTO, 0, netlink, "EPERM ENOBUFS"},
	{"netlink-write", unix.SYS_WRITE, 0, netlink, "EPERM ENOBUFS EINTR"},
	{"netlink-receive", unix.SYS_RECVFROM, 0, netlink, "EINTR ENOBUFS EAGAIN"},
	{"packet-receive", unix.SYS_RECVFROM, 0, packetSocket, "EINTR EAGAIN ENETDOWN"},
	{"tun-read", unix.SYS_READ, 0, tun, "EINTR EAGAIN EIO"},
	{"tun-write", unix.SYS_WRITE, 0, tun, "EINTR EAGAIN EIO ENOBUFS"},
}

var errnos = map[string]unix.Errno{
	"EACCES": unix.EACCES, "EADDRINUSE": unix.EADDRINUSE, "EADDRNOTAVAIL": unix.EADDRNOTAVAIL, "EAGAIN": unix.EAGAIN, "EBUSY": unix.EBUSY,
	"ECHILD": unix.ECHILD, "ECONNABORTED": unix.ECONNABORTED, "ECONNREFUSED": unix.ECONNREFUSED, "ECONNRESET": unix.ECONNRESET,
	"EEXIST": unix.EEXIST, "EINTR": unix.EINTR, "EINVAL": unix.EINVAL, "EIO": unix.EIO, "EMFILE": unix.EMFILE, "ENETDOWN": unix.ENETDOWN,
	"ENFILE": unix.ENFILE, "ENOBUFS": unix.ENOBUFS, "ENOENT": unix.ENOENT, "ENOMEM": unix.ENOMEM, "ENOSPC": unix.ENOSPC,
	"ENOTCONN": unix.ENOTCONN, "EPERM": unix.EPERM, "EPIPE": unix.EPIPE, "ETIMEDOUT": unix.ETIMEDOUT,
}

// interruptions are the most of a run's.
const interruptions = 20

// failingWorlds: each call with each of its errors, now and then and always.
func failingWorlds() (all []world) {
	for _, c := range append(slices.Clone(calls), moreCalls...) {
		for name := range strings.FieldsSeq(c.errnos) {
			for _, m := range moments {
				// A call that is interrupted is made again; one that always
				// is would be made for ever.
				if name == "EINTR" && m.last == 0 {
					m.name, m.last = "often", interruptions
				}
				l := lie{call: c.number, argument: c.argument, on: c.on, first: m.first, last: m.last, tell: failWith(errnos[name])}
				all = append(all, world{name: c.name + "-" + name + "-" + m.name, nets: c.nets(), lies: []lie{l}, share: 120})
			}
		}
	}
	return all
}

// nets are where a call is made at all.
func (c call) nets() []string {
	switch c.on {
	case tun:
		return []string{"wire"}
	case packetSocket:
		return []string{"loopback", "host"}
	}
	return nil
}

// A falsehood is a result that the call has not had.
type falsehood struct {
	name     string
	call     uint32
	argument int
	on       kind
	tell     func(*warden, *notification) (answer, bool)
}

// falsehoods: of calls that are not made and are said to have worked, of bytes
// that are not those of the stream, and of a socket's state.
func falsehoods() []falsehood {
	all := []falsehood{
		{"bind-0", unix.SYS_BIND, 0, tcpSocket, claim(0)},
		{"listen-0", unix.SYS_LISTEN, 0, tcpSocket, claim(0)},
		{"connect-0", unix.SYS_CONNECT, 0, tcpSocket, claim(0)},
		{"shutdown-0", unix.SYS_SHUTDOWN, 0, tcpSocket, claim(0)},
		{"close-0", unix.SYS_CLOSE, 0, tcpSocket, claim(0)},
		{"setsockopt-0", unix.SYS_SETSOCKOPT, 0, tcpSocket, claim(0)},
		{"getsockopt-0", unix.SYS_GETSOCKOPT, 0, tcpSocket, claim(0)},
		{"getsockname-0", unix.SYS_GETSOCKNAME, 0, tcpSocket, claim(0)},
		{"sendfile-0", unix.SYS_SENDFILE, 0, tcpSocket, claim(0)},
		{"splice-0", unix.SYS_SPLICE, 2, tcpSocket, claim(0)},
		{"epoll_ctl-0", unix.SYS_EPOLL_CTL, 2, tcpSocket, claim(0)},
		{"tcp_info-established", unix.SYS_GETSOCKOPT, 0, tcpSocket, stateAs(1)},
		{"tcp_info-close", unix.SYS_GETSOCKOPT, 0, tcpSocket, stateAs(7)},
		{"tcp_info-close-wait", unix.SYS_GETSOCKOPT, 0, tcpSocket, stateAs(8)},
		// Of witnesses: a segment that the capture did not see, an answer that
		// did not come, a packet that the wire does not have.
		{"packet-lost", unix.SYS_RECVFROM, 0, packetSocket, lose},
		{"netlink-lost", unix.SYS_RECVFROM, 0, netlink, lose},
		{"tun-read-lost", unix.SYS_READ, 0, tun, loseFrame},
		{"tun-write-nothing", unix.SYS_WRITE, 0, tun, swallow},
	}
	for _, c := range []struct {
		name   string
		number uint32
	}{{"read", unix.SYS_READ}, {"recvfrom", unix.SYS_RECVFROM}} {
		all = append(all,
			falsehood{c.name + "-0", c.number, 0, tcpSocket, claim(0)},
			falsehood{c.name + "-3", c.number, 0, tcpSocket, claim(3)},
			falsehood{c.name + "-half", c.number, 0, tcpSocket, shorten},
			falsehood{c.name + "-twice", c.number, 0, tcpSocket, repeat},
			falsehood{c.name + "-altered", c.number, 0, tcpSocket, alter},
			falsehood{c.name + "-end", c.number, 0, tcpSocket, endEarly},
			falsehood{c.name + "-reset", c.number, 0, tcpSocket, resetEarly},
			falsehood{c.name + "-nothing", c.number, 0, tcpSocket, emptyEarly},
		)
	}
	for _, c := range []struct {
		name   string
		number uint32
	}{{"write", unix.SYS_WRITE}, {"sendto", unix.SYS_SENDTO}} {
		all = append(all,
			falsehood{c.name + "-0", c.number, 0, tcpSocket, claim(0)},
			falsehood{c.name + "-nothing", c.number, 0, tcpSocket, swallow},
			falsehood{c.name + "-half", c.number, 0, tcpSocket, halve},
			falsehood{c.name + "-understated", c.number, 0, tcpSocket, understate},
			falsehood{c.name + "-exaggerated", c.number, 0, tcpSocket, exaggerate},
		)
	}
	return all
}

// lyingWorlds: each falsehood, now and then and always.
func lyingWorlds() (all []world) {
	for _, f := range falsehoods() {
		for _, m := range moments {
			l := lie{call: f.call, argument: f.argument, on: f.on, first: m.first, last: m.last, tell: f.tell}
			all = append(all, world{name: f.name + "-" + m.name, nets: call{on: f.on}.nets(), lies: []lie{l}, share: 30})
		}
	}
	return all
}
