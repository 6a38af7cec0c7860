package main

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A fallible call is a system call that can fail, with errors that its manual page
// lists or that a security module gives.
type fallible struct {
	number uint32
	name   string
	errnos string
}

var fallibles = []fallible{
	{unix.SYS_ACCEPT4, "accept4", "EMFILE EPERM ENOBUFS"},
	{unix.SYS_BPF, "bpf", "EPERM ENOMEM"},
	{unix.SYS_BIND, "bind", "EACCES EADDRINUSE ENOMEM"},
	{unix.SYS_CAPGET, "capget", "EPERM"},
	{unix.SYS_CHDIR, "chdir", "EACCES"},
	{unix.SYS_CLONE, "clone", "EAGAIN ENOMEM"},
	{unix.SYS_CLONE3, "clone3", "EAGAIN ENOMEM"},
	{unix.SYS_CLOSE, "close", "EIO EINTR"},
	{unix.SYS_CONNECT, "connect", "EPERM ENOBUFS"},
	{unix.SYS_DUP3, "dup3", "EMFILE EBUSY"},
	{unix.SYS_EPOLL_CTL, "epoll_ctl", "ENOMEM EPERM"},
	{unix.SYS_EXECVE, "execve", "EACCES ENOMEM"},
	{unix.SYS_FACCESSAT2, "faccessat2", "EACCES ENOENT"},
	{unix.SYS_FCHMOD, "fchmod", "EPERM EIO"},
	{unix.SYS_FCHMODAT, "fchmodat", "EPERM EIO"},
	{unix.SYS_FCNTL, "fcntl", "EMFILE EINVAL"},
	{unix.SYS_FSTAT, "fstat", "EIO ENOMEM"},
	{unix.SYS_FSYNC, "fsync", "EIO ENOSPC"},
	{unix.SYS_GETDENTS64, "getdents64", "EIO EACCES"},
	{unix.SYS_GETPEERNAME, "getpeername", "ENOBUFS"},
	{unix.SYS_GETRANDOM, "getrandom", "EINTR"},
	{unix.SYS_GETSOCKNAME, "getsockname", "ENOBUFS"},
	{unix.SYS_GETSOCKOPT, "getsockopt", "ENOMEM EPERM EINVAL"},
	{unix.SYS_IOCTL, "ioctl", "EPERM EBUSY ENOMEM"},
	{unix.SYS_KILL, "kill", "EPERM"},
	{unix.SYS_LISTEN, "listen", "EADDRINUSE EPERM"},
	{unix.SYS_LSEEK, "lseek", "EINVAL"},
	{unix.SYS_MKDIRAT, "mkdirat", "EACCES ENOSPC"},
	{unix.SYS_OPENAT, "openat", "EMFILE EACCES ENOMEM"},
	{unix.SYS_PERF_EVENT_OPEN, "perf_event_open", "EACCES EMFILE"},
	{unix.SYS_PIDFD_GETFD, "pidfd_getfd", "EPERM EMFILE"},
	{unix.SYS_PIDFD_OPEN, "pidfd_open", "EMFILE EPERM"},
	{unix.SYS_PIDFD_SEND_SIGNAL, "pidfd_send_signal", "EPERM"},
	{unix.SYS_PIPE2, "pipe2", "EMFILE ENFILE"},
	{unix.SYS_PPOLL, "ppoll", "EINTR ENOMEM"},
	{unix.SYS_PRCTL, "prctl", "EPERM EINVAL"},
	{unix.SYS_PREAD64, "pread64", "EIO EINTR"},
	{unix.SYS_PRLIMIT64, "prlimit64", "EPERM"},
	{unix.SYS_READ, "read", "EIO EINTR ENOMEM"},
	{unix.SYS_READLINKAT, "readlinkat", "EACCES ENOENT"},
	{unix.SYS_RECVFROM, "recvfrom", "ENOMEM EINTR ENOBUFS"},
	{unix.SYS_RECVMSG, "recvmsg", "ENOMEM EINTR ENOBUFS"},
	{unix.SYS_SCHED_SETAFFINITY, "sched_setaffinity", "EPERM EINVAL"},
	{unix.SYS_SENDFILE, "sendfile", "EIO ENOMEM"},
	{unix.SYS_SENDMSG, "sendmsg", "ENOBUFS EPERM EINTR"},
	{unix.SYS_SENDTO, "sendto", "ENOBUFS EPERM EINTR"},
	{unix.SYS_SETNS, "setns", "EPERM ENOMEM"},
	{unix.SYS_SETPGID, "setpgid", "EPERM"},
	{unix.SYS_SETSOCKOPT, "setsockopt", "EPERM ENOBUFS ENOMEM"},
	{unix.SYS_SHUTDOWN, "shutdown", "ENOBUFS EPERM"},
	{unix.SYS_SOCKET, "socket", "EMFILE EACCES ENOBUFS"},
	{unix.SYS_SOCKETPAIR, "socketpair", "EMFILE ENFILE"},
	{unix.SYS_SPLICE, "splice", "EIO ENOMEM"},
	{unix.SYS_UNAME, "uname", "EPERM"},
	{unix.SYS_UNLINKAT, "unlinkat", "EACCES EBUSY"},
	{unix.SYS_UNSHARE, "unshare", "EPERM ENOSPC ENOMEM"},
	{unix.SYS_WAIT4, "wait4", "EINTR ECHILD"},
	{unix.SYS_WAITID, "waitid", "EINTR ECHILD"},
	{unix.SYS_WRITE, "write", "ENOSPC EIO EINTR"},
	{unix.SYS_WRITEV, "writev", "ENOSPC EIO EINTR"},
}

// fallibleOf is a call by its number. One that is not in the list fails as a security
// module would make it.
func fallibleOf(number uint32) fallible {
	all := append(slices.Clone(fallibles), moreFallibles...)
	if i := slices.IndexFunc(all, func(f fallible) bool { return f.number == number }); i >= 0 {
		return all[i]
	}
	return fallible{number, "call-" + decimal(number), "EPERM ENOMEM"}
}

func (f fallible) errors() []string { return strings.Fields(f.errnos) }

// spared calls get no fault. Of calls that cannot fail an error would show nothing; and
// where Go's runtime itself cannot go on without a call, it ends the process, whatever
// the program does.
var spared = []struct {
	why   string
	calls []uint32
}{
	{"they cannot fail", []uint32{
		unix.SYS_GETPID, unix.SYS_GETPPID, unix.SYS_GETTID, unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID, unix.SYS_GETEGID,
		unix.SYS_SCHED_YIELD, unix.SYS_EXIT, unix.SYS_EXIT_GROUP, unix.SYS_CLOCK_GETTIME, unix.SYS_BRK, unix.SYS_SET_TID_ADDRESS,
	}},
	{"the runtime's threads wait and wake by them", []uint32{
		unix.SYS_FUTEX, unix.SYS_NANOSLEEP, unix.SYS_TGKILL, unix.SYS_RESTART_SYSCALL,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_RT_SIGSUSPEND, unix.SYS_SIGALTSTACK,
		unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_DELETE, unix.SYS_SETITIMER,
	}},
	{"the runtime's memory", []uint32{runtimesMemory, unix.SYS_MUNMAP, unix.SYS_MPROTECT, unix.SYS_MADVISE, unix.SYS_MINCORE}},
	{"the runtime waits for descriptors by them, and counts processors at its start", []uint32{
		unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2, unix.SYS_SCHED_GETAFFINITY,
	}},
}

func sparedCalls() (all []uint32) {
	for _, s := range spared {
		all = append(all, s.calls...)
	}
	return append(all, moreSpared...)
}

// runtimes says whether a call is the runtime's own, of a kind that is not spared: a new
// thread, the check of the first three descriptors at its start, and what wakes a thread
// that waits for descriptors.
func runtimes(n *notification) bool {
	switch n.Call {
	case unix.SYS_CLONE:
		return n.Args[0]&unix.CLONE_THREAD != 0
	case unix.SYS_FCNTL:
		return n.Args[1] == unix.F_GETFD && n.Args[0] <= 2
	case unix.SYS_EPOLL_CTL:
		return descriptorIs(n, 2, "anon_inode:[eventfd]")
	case unix.SYS_READ, unix.SYS_WRITE:
		return descriptorIs(n, 0, "anon_inode:[eventfd]")
	}
	return false
}

// staysOpen says whether a call is a close() of anything but a file. Linux ends what a
// descriptor refers to whatever close() returns; here the call is not made, so that a
// pipe or a socket would stay open, which no error leads to. A file that stays open
// until the process ends does no harm.
func staysOpen(n *notification) bool {
	if n.Call != unix.SYS_CLOSE {
		return false
	}
	link, err := linkOf(n, 0)
	return err != nil || !strings.HasPrefix(link, "/") || strings.HasPrefix(link, "/dev/")
}
