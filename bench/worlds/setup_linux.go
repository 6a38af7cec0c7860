package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// setup is what is done to each network namespace before anything else happens in it.
type setup struct {
	Sysctls map[string]string // by path below /proc/sys/net
	Rules   string            // for nft
	MTU     string            // of lo
}

func (s setup) empty() bool { return len(s.Sysctls) == 0 && s.Rules == "" && s.MTU == "" }

// apply does it in the namespace of the calling thread.
func (s setup) apply() error {
	for name, value := range s.Sysctls {
		if err := os.WriteFile(filepath.Join("/proc/sys/net", name), []byte(value), 0); err != nil {
			return fmt.Errorf("set %s to %q: %w", name, value, err)
		}
	}
	if s.MTU != "" {
		if err := command("", "ip", "link", "set", "lo", "mtu", s.MTU); err != nil {
			return err
		}
	}
	if s.Rules != "" {
		return command(s.Rules, "nft", "-f", "-")
	}
	return nil
}

// command runs a tool in the namespace of the calling thread.
func command(input, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// applyTo does it in another thread's namespace.
func (s setup) applyTo(namespace int) error {
	failed := make(chan error, 1)
	go func() {
		// Never unlocked: a thread that has been elsewhere ends with its goroutine.
		runtime.LockOSThread()
		if err := unix.Setns(namespace, unix.CLONE_NEWNET); err != nil {
			failed <- fmt.Errorf("enter a network namespace: %w", err)
			return
		}
		failed <- s.apply()
	}()
	return <-failed
}

// newNamespace gives the calling thread a network namespace of its own, with lo up.
func newNamespace() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare a network namespace: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket for lo: %w", err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	return nil
}

// needNft tries a ruleset, and what puts it where it belongs.
func needNft() error {
	if _, err := exec.LookPath("nft"); err != nil {
		return fmt.Errorf("%w: apt-get install nftables", err)
	}
	return needNotifications()
}
