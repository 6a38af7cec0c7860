package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"sockproof/lib/network"
)

// Space is a place that stays open: it is looked into again and again, also after whatever
// named it has ended.
type Space struct {
	place Place
	ns    *network.Namespace // nil: the caller's own
}

// OpenSpace opens a place.
func OpenSpace(p Place) (*Space, error) {
	if p.Path() == "" {
		return &Space{place: p}, nil
	}
	ns, err := network.OpenNamespace(p.Path())
	if err != nil {
		return nil, p.refused(err)
	}
	return &Space{place: p, ns: ns}, nil
}

// In runs f in the place: on a thread of its own if that is another namespace, for the thread
// cannot always come back.
func (s *Space) In(f func() error) (err error) {
	if s.ns == nil {
		return f()
	}
	network.OnThread(func() {
		if err = s.ns.Enter(); err != nil {
			err = s.place.refused(err)
			return
		}
		err = f()
	})
	return err
}

// Close lets go of the place.
func (s *Space) Close() {
	if s.ns != nil {
		_ = s.ns.Close() // opened to be entered only
	}
}

// Settings reads kernel settings in the calling thread's namespace; one that this kernel does not have is
// left out, and unread is told of one that cannot be read.
func Settings(unread func(name string, err error), names ...string) map[string]string {
	read := map[string]string{}
	for _, n := range names {
		v, err := network.ReadSetting(n)
		switch {
		case err == nil:
			read[n] = v
		case !errors.Is(err, fs.ErrNotExist):
			unread(n, err)
		}
	}
	return read
}

// Number is the place's number: the inode of its network namespace (namespaces(7)).
func (p Place) Number() (n uint32, err error) {
	err = p.In(func() error {
		link, err := os.Readlink("/proc/thread-self/ns/net")
		if err != nil {
			return fmt.Errorf("the number of the network namespace: %w", err)
		}
		if _, err := fmt.Sscanf(link, "net:[%d]", &n); err != nil {
			return fmt.Errorf("the number of the network namespace: %q: %w", link, err)
		}
		return nil
	})
	return n, err
}
