package diag

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
)

// TestDestroy: a connection that is destroyed is gone at both ends, and its owners
// are told; others stay.
func TestDestroy(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	for _, at := range []string{"127.0.0.1:8080", "[::1]:8081"} {
		listener, _ := nstest.Listen(t, addr(at))
		kept, killed := nstest.Connect(t, listener, addr(at)), nstest.Connect(t, listener, addr(at))
		switch err := c.Destroy(killed.ClientAddr, killed.ServerAddr); {
		case errors.Is(err, unix.EOPNOTSUPP):
			t.Skipf("skip: this kernel has no SOCK_DESTROY: %v", err)
		case err != nil:
			t.Fatal(err)
		}
		if _, ok, err := c.Lookup(killed.ClientAddr, killed.ServerAddr); ok || err != nil {
			t.Errorf("the one destroyed: found %t, %v", ok, err)
		}
		if _, ok, err := c.Lookup(kept.ClientAddr, kept.ServerAddr); !ok || err != nil {
			t.Errorf("the other: found %t, %v", ok, err)
		}
		if err := c.Destroy(killed.ClientAddr, killed.ServerAddr); !errors.Is(err, unix.ENOENT) {
			t.Errorf("destroyed again: %v; want ENOENT", err)
		}
	}
}
