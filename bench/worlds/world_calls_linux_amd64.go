package main

import "golang.org/x/sys/unix"

// moreCalls are those that only this architecture has. Go's runtime waits in
// epoll_pwait, so that epoll_wait is a scenario's own.
var moreCalls = []call{{"epoll_wait", unix.SYS_EPOLL_WAIT, 0, epoll, "EINTR EIO ENOMEM"}}

// moreFallibles are those that only this architecture has.
var moreFallibles = []fallible{
	{unix.SYS_EPOLL_WAIT, "epoll_wait", "EINTR ENOMEM"},
	{unix.SYS_NEWFSTATAT, "newfstatat", "EACCES ENOMEM"},
	{unix.SYS_RENAMEAT, "renameat", "EACCES ENOSPC"},
	{unix.SYS_POLL, "poll", "EINTR ENOMEM"},
}

// moreSpared are the runtime's, at the start of a thread.
var moreSpared = []uint32{unix.SYS_ARCH_PRCTL, unix.SYS_RSEQ, unix.SYS_SET_ROBUST_LIST}
