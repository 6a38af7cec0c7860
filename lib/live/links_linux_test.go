package live

import (
	"os"
	"slices"
	"syscall"
	"testing"
)

// Descriptors are found by trying their numbers, and those that are far from the others, or behind a gap, by the list; each once.
func TestManyDescriptors(t *testing.T) {
	const far, gap = 900, 500
	var want []int
	open := func() int {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(fd) })
		return fd
	}
	wanted := map[uint64]bool{}
	for range 2 * worthSharing {
		fd := open()
		var st syscall.Stat_t
		if err := syscall.Fstat(fd, &st); err != nil {
			t.Fatal(err)
		}
		wanted[st.Ino] = true
		want = append(want, fd)
	}
	for _, fd := range []int{gap, far} {
		if err := syscall.Dup3(want[0], fd, syscall.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(fd) })
		want = append(want, fd)
	}
	_ = syscall.Close(open()) // a number that is not in use
	var got []int
	_ = Owners(func(inode uint64) bool { return wanted[inode] }, func(_ uint64, fd int, o Owner) {
		if o.PID == os.Getpid() {
			got = append(got, fd)
		}
	})
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("found %v\nwant  %v", got, want)
	}
	if n := SocketDescriptors(os.Getpid()); n < len(want) {
		t.Errorf("%d descriptors of sockets, want at least %d", n, len(want))
	}
}
