package live

import (
	"os"
	"syscall"
	"testing"
)

func TestDescriptors(t *testing.T) {
	for range 20 {
		f, err := os.Open("/dev/null")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	seen := 0
	_, err := Descriptors(func(o Owner, open, most int) {
		if o.PID != os.Getpid() {
			return
		}
		if seen++; open < 20 || most != int(limit.Cur) || o.Program == "" {
			t.Errorf("%+v: %d open of %d; want at least 20 of %d", o, open, most, limit.Cur)
		}
	})
	if err != nil || seen != 1 {
		t.Errorf("%d times, %v", seen, err)
	}
}

func TestOpenFilesLimit(t *testing.T) {
	const head = "Limit                     Soft Limit           Hard Limit           Units     \n"
	for text, want := range map[string]int{
		head + "Max open files            1024                 524288               files     \n": 1024,
		head + "Max open files            unlimited            unlimited            files     \n": 0,
		head: 0,
	} {
		if got := openFilesLimit(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
