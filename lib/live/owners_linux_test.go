package live

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A socket that this process holds by two descriptors is told of twice, one
// after the other; one that nobody asks for is not.
func TestOwners(t *testing.T) {
	var inodes []uint64
	for range 2 {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		again, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(fd)
		defer syscall.Close(again)
		var st syscall.Stat_t
		if err := syscall.Fstat(fd, &st); err != nil {
			t.Fatal(err)
		}
		inodes = append(inodes, st.Ino)
	}
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	me := Owner{PID: os.Getpid(), Program: strings.TrimSpace(string(comm)), Unit: Unit(os.Getpid())}
	told := 0
	reason := Owners(func(inode uint64) bool { return inode == inodes[0] }, func(inode uint64, fd int, o Owner) {
		if told++; inode != inodes[0] || o != me || fd < 3 {
			t.Errorf("inode %d held by %+v; want %d, %+v", inode, o, inodes[0], me)
		}
	})
	if told != 2 || reason == "" {
		t.Errorf("told %d times, reason %q", told, reason)
	}
}

func TestWhyNotVisible(t *testing.T) {
	if got := (&walk{}).reason(syscall.EACCES); got != syscall.EACCES.Error() {
		t.Errorf("no /proc: %q", got)
	}
	got, want := (&walk{denied: fs.ErrPermission}).reason(nil), "run as root"
	if os.Geteuid() == 0 {
		want = "permission denied: it takes CAP_SYS_PTRACE"
	}
	if got != want {
		t.Errorf("denied: %q, want %q", got, want)
	}
}

func TestSocketInode(t *testing.T) {
	for _, tt := range []struct {
		link string
		want uint64
		is   bool
	}{
		{"socket:[25148]", 25148, true},
		{"socket:[18446744073709551615]", 1<<64 - 1, true},
		{"socket:[]", 0, false},
		{"socket:[", 0, false},
		{"socket:[25148", 0, false},
		{"socket:[25x48]", 0, false},
		{"pipe:[25148]", 0, false},
		{"/dev/null", 0, false},
		{"", 0, false},
	} {
		if got, is := socketInode([]byte(tt.link)); is != tt.is || is && got != tt.want {
			t.Errorf("%q: %d, %v", tt.link, got, is)
		}
	}
}
