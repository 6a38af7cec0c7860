package live

import (
	"os"
	"syscall"
	"testing"
)

func TestCgroups(t *testing.T) {
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var st syscall.Stat_t
		if _, err := os.Stat(root + "/cgroup.controllers"); err != nil || syscall.Stat(root, &st) != nil {
			continue // the hierarchy is not mounted there
		}
		if got := Cgroups(map[uint64]bool{st.Ino: true}); got[st.Ino] != "the root cgroup" {
			t.Errorf("%s: %q", root, got)
		}
	}
	if got := cgroupName("/a/b"); got != "cgroup /a/b" {
		t.Errorf("%q", got)
	}
}
