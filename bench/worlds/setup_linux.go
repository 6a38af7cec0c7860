package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
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
		if _, err := command("", "ip", "link", "set", "lo", "mtu", s.MTU); err != nil {
			return err
		}
	}
	if s.Rules != "" {
		_, err := command(s.Rules, "nft", "-f", "-")
		return err
	}
	return nil
}

// command runs a tool in the namespace of the calling thread.
func command(input, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}

// elsewhere does something on a thread of its own, which ends with it.
func elsewhere(do func() error) error {
	failed := make(chan error, 1)
	go func() {
		// Never unlocked: a thread that has been elsewhere is of no more use.
		runtime.LockOSThread()
		failed <- do()
	}()
	return <-failed
}

// in does something in a network namespace.
func in(namespace int, do func() error) error {
	return elsewhere(func() error {
		if err := unix.Setns(namespace, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter a network namespace: %w", err)
		}
		return do()
	})
}

// newSpace is a network namespace with lo up, in which s has been done.
func newSpace(s setup) (fd int, err error) {
	err = elsewhere(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("unshare a network namespace: %w", err)
		}
		if err := setUp("lo"); err != nil {
			return err
		}
		if err := s.apply(); err != nil {
			return err
		}
		fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

func setUp(device string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket for %s: %w", device, err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("set %s up: %w", device, err)
	}
	return nil
}

// matchedIn is how many packets the rules of a namespace have applied to.
func matchedIn(namespace int) (n uint64, err error) {
	err = in(namespace, func() error {
		out, err := command("", "nft", "list", "ruleset")
		n = matched(out)
		return err
	})
	return n, err
}

var packets = regexp.MustCompile(`counter packets (\d+)`)

func matched(ruleset string) (n uint64) {
	for _, m := range packets.FindAllStringSubmatch(ruleset, -1) {
		v, _ := strconv.ParseUint(m[1], 10, 64) // digits
		n += v
	}
	return n
}

// needNft tries a ruleset, and what puts it where it belongs.
func needNft() error {
	if _, err := exec.LookPath("nft"); err != nil {
		return fmt.Errorf("%w: apt-get install nftables", err)
	}
	return needNotifications()
}
