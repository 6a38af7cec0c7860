package live

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"sockproof/lib/cli"
	"sockproof/lib/network"
)

// In runs f in the place: on a thread of its own if that is another namespace,
// for the thread cannot always come back.
func (p Place) In(f func() error) error {
	if p.Path() == "" {
		return f()
	}
	ns, err := network.OpenNamespace(p.Path())
	if err != nil {
		return p.refused(err)
	}
	defer func() { _ = ns.Close() }() // opened to be entered only
	network.OnThread(func() {
		if err = ns.Enter(); err != nil {
			err = p.refused(err)
			return
		}
		err = f()
	})
	return err
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
