package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// victims are sockets that somebody else destroys (SOCK_DESTROY, `ss -K`): those in some states.
type victims struct {
	name   string
	states uint32
}

var allVictims = []victims{
	{"listener", 1 << tcpstate.Listen},
	{"opening", 1<<tcpstate.SynSent | 1<<tcpstate.SynRecv | 1<<tcpstate.NewSynRecv},
	{"open", 1<<tcpstate.Established | 1<<tcpstate.CloseWait},
	{"ending", 1<<tcpstate.FinWait1 | 1<<tcpstate.FinWait2 | 1<<tcpstate.Closing | 1<<tcpstate.LastAck | 1<<tcpstate.TimeWait},
}

// destroyingWorlds: sockets are destroyed just before a call, early in the run and later.
func destroyingWorlds() (all []world) {
	before := []string{"connect", "accept4", "write", "read", "close", "getsockopt", "tun-read", "tun-write"}
	for _, c := range only(calls, func(c call) bool { return slices.Contains(before, c.name) }) {
		for _, v := range allVictims {
			for _, first := range []int{1, 2, 4, 8, 16} {
				l := lie{call: c.number, argument: c.argument, on: c.on, first: first, last: first, tell: v.destroy}
				all = append(all, world{name: fmt.Sprintf("destroy-%s-%s-%d", v.name, c.name, first), nets: c.nets(), lies: []lie{l}, share: 30})
			}
		}
	}
	return all
}

// destroy destroys them in each network namespace of the run's, and lets the call go on.
func (v victims) destroy(_ *warden, n *notification) (answer, bool) {
	destroyed := 0
	for _, space := range spacesOf(n.Thread) {
		_ = in(space, func() error { // a namespace in which that fails counts none
			m, err := destroyAll(v.states)
			destroyed += m
			return err
		})
		unix.Close(space)
	}
	return goOn(), destroyed > 0
}

// destroyAll destroys the calling thread's namespace's sockets in some states. One may end with another.
func destroyAll(states uint32) (n int, err error) {
	conn, err := diag.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }() // it has answered
	var some []diag.Socket
	err = conn.Dump(diag.Filter{States: states}, func(s diag.Socket) error {
		some = append(some, s)
		return nil
	})
	if err != nil && !errors.Is(err, diag.ErrInterrupted) {
		return 0, err
	}
	for _, s := range some {
		if err := conn.Destroy(s.Local, s.Remote); err == nil {
			n++
		} else if !errors.Is(err, unix.ENOENT) {
			return n, err
		}
	}
	return n, nil
}

// spacesOf are the network namespaces that a thread is in, or its process has open; never the harness's own.
func spacesOf(thread uint32) (fds []int) {
	process := fmt.Sprintf("/proc/%d", thread)
	paths := []string{process + "/ns/net"}
	links, _ := os.ReadDir(process + "/fd") // one that has ended has none
	for _, l := range links {
		paths = append(paths, process+"/fd/"+l.Name())
	}
	own, _ := os.Readlink("/proc/self/ns/net")
	known := map[string]bool{own: true}
	for _, path := range paths {
		link, err := os.Readlink(path)
		if err != nil || !strings.HasPrefix(link, "net:[") || known[link] {
			continue
		}
		known[link] = true
		if fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			fds = append(fds, fd)
		}
	}
	return fds
}

// needDestroy tries to destroy a socket that there is not.
func needDestroy() error {
	if err := needNotifications(); err != nil {
		return err
	}
	space, err := newSpace(setup{})
	if err != nil {
		return err
	}
	defer unix.Close(space)
	return in(space, func() error {
		conn, err := diag.Open()
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // it has answered
		nowhere := netip.MustParseAddrPort("127.0.0.1:1")
		if err := conn.Destroy(nowhere, nowhere); !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("SOCK_DESTROY: %w; it needs a kernel with CONFIG_INET_DIAG_DESTROY", err)
		}
		return nil
	})
}
