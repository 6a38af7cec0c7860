package main

import "golang.org/x/sys/unix"

// moreCalls are those that only this architecture has. Go's runtime waits in
// epoll_pwait, so that epoll_wait is a scenario's own.
var moreCalls = []call{{"epoll_wait", unix.SYS_EPOLL_WAIT, 0, epoll, "EINTR EIO ENOMEM"}}
