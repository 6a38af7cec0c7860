package scenario

import (
	"context"
	"os"
	"runtime"
	"strings"

	"sockproof/lib/network"
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

// ThisMachine is where this process runs, and as whom.
func ThisMachine() Machine {
	m := Machine{
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

// Elevate makes private namespaces possible, if need be by running the command
// again inside a user namespace. When ctx ends, that other process gets the signal
// that by names.
func Elevate(ctx context.Context, by func() os.Signal) (code int, done bool) {
	return network.Elevate(ctx, by)
}

// Forwarded returns the signals that the process outside the user namespace forwards.
func Forwarded() <-chan os.Signal { return network.Forwarded() }

// AsChild does a child's work, where this process is one (sock.Spawn).
func AsChild() (status int, is bool) {
	if !sock.IsChild() {
		return 0, false
	}
	return sock.RunChild(), true
}
