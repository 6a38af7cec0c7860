package network

import (
	"fmt"
	"io"
	"os"
	"strings"

	"sockproof/lib/journal"
)

// sysctlPath is where a setting like net.ipv4.tcp_timestamps is read and
// written; /proc/sys/net shows the calling thread's namespace. Dots inside an
// interface's name do not occur here.
func sysctlPath(name string) string {
	return "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
}

// ReadSetting reads a kernel setting in the calling thread's namespace.
func ReadSetting(name string) (string, error) {
	f, err := os.Open(sysctlPath(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	return settingIn(f)
}

// settingIn reads a setting from its file, from the start.
func settingIn(f *os.File) (string, error) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, settingSize))
	if err != nil {
		return "", err
	}
	return strings.Join(strings.Fields(string(b)), " "), nil
}

// settingSize is more than any setting is long: a list of reserved ports is the longest.
const settingSize = 1 << 20

// Setting is a kernel setting to be made in a host's namespace.
type Setting struct{ Name, Value string }

// ErrHostUnchanged is why a setting cannot be made on the caller's own stack.
var ErrHostUnchanged = fmt.Errorf("needs a kernel setting that the host network never changes; take --net wire or --net loopback")

// Set makes a setting in the host's namespace, reads it back, and journals old
// and new value. It must be called on the run's thread. On the caller's own
// stack it refuses with ErrHostUnchanged.
func (h *Host) Set(s Setting) error {
	if h.net.Kind == journal.HostNet {
		return fmt.Errorf("%s: %w", s.Name, ErrHostUnchanged)
	}
	if err := h.enter(); err != nil {
		return err
	}
	return h.set(s)
}

// set does it in the namespace the thread is in.
func (h *Host) set(s Setting) error {
	f, err := os.OpenFile(sysctlPath(s.Name), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%s = %q: %w", s.Name, s.Value, err)
	}
	defer f.Close()
	old, err := settingIn(f)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt([]byte(s.Value), 0); err != nil {
		return fmt.Errorf("%s = %q: %w", s.Name, s.Value, err)
	}
	now, err := settingIn(f)
	if err != nil {
		return err
	}
	if now != s.Value {
		return fmt.Errorf("%s = %q: the kernel made it %q", s.Name, s.Value, now)
	}
	h.net.rec.Add(journal.Event{
		Host: h.Name, Kind: journal.KindSetting,
		Setting: &journal.Setting{Name: s.Name, Old: old, New: now},
	})
	return nil
}

// Setting reads a kernel setting in the host's namespace, and journals it as
// one that stayed as it was, with the value that the caller's own stack has, "" if that is not
// known. It must be called on the run's thread.
func (h *Host) Setting(name, caller string) (string, error) {
	if err := h.enter(); err != nil {
		return "", err
	}
	v, err := ReadSetting(name)
	if err != nil {
		return "", err
	}
	h.net.rec.Add(journal.Event{
		Host: h.Name, Kind: journal.KindSetting,
		Setting: &journal.Setting{Name: name, Old: v, New: v, Caller: caller},
	})
	return v, nil
}
