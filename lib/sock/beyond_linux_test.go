package sock

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// What os.File makes of a descriptor that is none is an error, and a panic of it would be
// one.
func TestWriteByGoReturnsAnError(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd, err := unix.Dup(int(w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got := writeByGo(fd, []byte("x")); got.n != 1 || got.err != nil || string(got.data) != "x" {
		t.Errorf("wrote %d, %q, %v", got.n, got.data, got.err)
	}
	files[fd].Close()
	if got := writeByGo(fd, []byte("x")); got.err == nil {
		t.Error("no error from a closed descriptor")
	}
	delete(files, fd)
}

// An address that was never learnt is an error of the call that is given it.
func TestNoAddressIsAnError(t *testing.T) {
	s := &Socket{id: "a1"}
	for op, call := range map[string]func(netip.AddrPort) error{"bind": s.Bind, "connect": s.Connect} {
		if err := call(netip.AddrPort{}); !errors.Is(err, errNoAddress) {
			t.Errorf("%s: %v, want %v", op, err, errNoAddress)
		}
	}
}
