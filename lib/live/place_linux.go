package live

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"sockproof/lib/cli"
)

// In runs f in the place: on a thread of its own if that is another namespace.
func (p Place) In(f func() error) error {
	s, err := OpenSpace(p)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.In(f)
}

// refused says why the place could not be entered, and what would help. That
// there is no such place is a mistake in the call.
func (p Place) refused(err error) error {
	switch {
	case p.PID != 0 && errors.Is(err, fs.ErrNotExist):
		return cli.Usagef("flag \"--netns-of\": value \"%d\": no such process here: %v", p.PID, err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOTDIR):
		return cli.Usagef("flag \"--netns\": value %q: no network namespace: %v; want a name, or a path like /run/netns/NAME or /proc/PID/ns/net", p.Netns, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w; run as root, in a container with CAP_SYS_ADMIN and CAP_SYS_PTRACE", p.flag(), err)
	}
	return fmt.Errorf("%s: %w", p.flag(), err)
}
