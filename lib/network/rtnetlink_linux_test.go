package network

import (
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel's refusal names what was asked for and keeps the errno.
func TestRtnetlinkRefusal(t *testing.T) {
	n, err := openRtnetlink()
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	r := &router{rtnetlink: n}
	r.up("an interface that is not there", 1<<30)
	err = r.send()
	if !errors.Is(err, syscall.ENODEV) && !errors.Is(err, syscall.EPERM) {
		t.Errorf("got %v, want ENODEV, or EPERM if unprivileged", err)
	}
	if err != nil && !strings.Contains(err.Error(), "an interface that is not there") {
		t.Errorf("got %v: it does not say what was asked for", err)
	}
}

func TestReplyCutShort(t *testing.T) {
	n := &rtnetlink{what: []string{"x"}}
	if err := n.failure(message{kind: unix.NLMSG_ERROR, seq: 1, body: []byte{1}}); !errors.Is(err, errShortReply) {
		t.Errorf("a short acknowledgement: %v", err)
	}
	for _, size := range []uint32{0, 15, 17, 1 << 31} {
		b := make([]byte, unix.SizeofNlMsghdr)
		binary.NativeEndian.PutUint32(b, size)
		if err := eachMessage(b, func(message) {}); !errors.Is(err, errShortReply) {
			t.Errorf("a message of %d bytes in %d: %v", size, len(b), err)
		}
	}
}

func FuzzEachMessage(f *testing.F) {
	f.Add([]byte{16, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		if err := eachMessage(b, func(m message) { total += unix.SizeofNlMsghdr + len(m.body) }); err == nil && total > len(b) {
			t.Errorf("%d bytes of messages in %d", total, len(b))
		}
	})
}
