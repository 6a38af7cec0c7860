package repro

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"

	"sockproof/lib/network"
	"sockproof/lib/report"
	"sockproof/lib/sock"
)

// machineSettings are the kernel settings on which outcomes may depend.
var machineSettings = []string{
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_timestamps",
	"net.ipv4.tcp_tw_reuse",
}

// machine is where this process runs, and as whom.
func machine() report.Machine {
	m := report.Machine{
		Arch: runtime.GOARCH, Privilege: network.Privilege(), Settings: map[string]string{},
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = "Linux " + strings.TrimSpace(string(b))
	}
	for _, name := range machineSettings {
		if v, err := network.ReadSetting(name); err == nil {
			m.Settings[name] = v
		}
	}
	return m
}

// elevate makes private namespaces possible, if need be by running the command
// again inside a user namespace.
func elevate(ctx context.Context) (code int, done bool) {
	return network.Elevate(ctx, func() os.Signal {
		s := signalled(syscall.SIGTERM) // what else ends the context ends the other process too
		errors.As(context.Cause(ctx), &s)
		return syscall.Signal(s)
	})
}

// forwarded returns the signals that the process outside the user namespace forwards.
func forwarded() <-chan os.Signal { return network.Forwarded() }

// asChild does a child's work, where this process is one (sock.Spawn).
func asChild() (status int, is bool) {
	if !sock.IsChild() {
		return 0, false
	}
	return sock.RunChild(), true
}
