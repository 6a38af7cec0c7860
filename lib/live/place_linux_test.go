package live

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

// TestPlaceForbidden: what is forbidden is no mistake in the call, and keeps its errno.
func TestPlaceForbidden(t *testing.T) {
	for _, p := range []Place{{PID: 7}, {Netns: "/run/netns/x"}} {
		err := p.refused(fmt.Errorf("setns(CLONE_NEWNET): %w", syscall.EPERM))
		want := p.flag() + ": setns(CLONE_NEWNET): operation not permitted; run as root, in a container with CAP_SYS_ADMIN and CAP_SYS_PTRACE"
		if err.Error() != want || !errors.Is(err, syscall.EPERM) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
