package network

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

func TestOnThreadIsNeverTheMainThread(t *testing.T) {
	for range 100 {
		OnThread(func() {
			if unix.Gettid() == unix.Getpid() {
				t.Error("on the main thread")
			}
		})
	}
}

// The main thread's namespace is what /proc/net shows to everybody else.
func TestRunsLeaveTheProcessInItsNamespace(t *testing.T) {
	before, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	OnThread(func() {
		n, err := Open(Options{
			Kind: journal.Loopback, Family: journal.IPv4, Hosts: []string{"a"},
			Recorder: journal.NewRecorder(journal.Journal{}, 1),
		})
		if err != nil {
			return // not to be had here, which others test
		}
		defer n.Close()
		if inside, _ := os.Readlink(threadNetns); inside == before {
			t.Error("the run's thread is in the process's namespace")
		}
	})
	if after, _ := os.Readlink("/proc/self/ns/net"); after != before {
		t.Errorf("the process went from %s to %s", before, after)
	}
}

func TestErrorsSayWhatWouldHelp(t *testing.T) {
	denied := &os.PathError{Op: "open", Path: tunDevice, Err: syscall.EACCES}
	missing := &os.PathError{Op: "open", Path: tunDevice, Err: syscall.ENOENT}
	readOnly := &os.PathError{Op: "open", Path: "/proc/sys/net/ipv4/tcp_orphan_retries", Err: syscall.EROFS}
	for want, err := range map[string]error{
		"chmod 666 /dev/net/tun":   denied,
		"modprobe tun":             missing,
		"mount /proc/sys writable": readOnly,
	} {
		got := unavailable(journal.Wire, err)
		if s := got.Error(); !strings.Contains(s, want) || !strings.Contains(s, err.Error()) || strings.Contains(s, "\n") {
			t.Errorf("%v: got %q, want a line with %q", err, s, want)
		}
		if !errors.Is(got, errors.Unwrap(err)) {
			t.Errorf("%v: the errno is lost", err)
		}
	}
}

func TestUnknownSettingNamesItself(t *testing.T) {
	_, err := ReadSetting("net.ipv4.no_such_setting")
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("got %v", err)
	}
}

// TestIPv4Alone: a namespace of an IPv4 run has no IPv6 address, lo's included, so that
// nothing in it sends what no scenario sends; and one of IPv6 has.
func TestIPv4Alone(t *testing.T) {
	for _, k := range []journal.Network{journal.Wire, journal.Loopback} {
		for _, f := range []journal.Family{journal.IPv4, journal.IPv6} {
			OnThread(func() {
				n, err := Open(Options{Kind: k, Family: f, Hosts: []string{"a", "b"}, Recorder: journal.NewRecorder(journal.Journal{}, 1)})
				if err != nil {
					return // not to be had here, which others test
				}
				defer n.Close()
				for _, h := range n.Hosts {
					err := h.In(func() error {
						b, err := os.ReadFile("/proc/thread-self/net/if_inet6")
						if errors.Is(err, os.ErrNotExist) {
							return nil // a kernel without IPv6
						}
						if has := len(b) > 0; err == nil && has != (f == journal.IPv6) {
							t.Errorf("%s, %s, host %s has these addresses: %q", k, f, h.Name, b)
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}
