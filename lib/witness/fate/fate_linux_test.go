package fate

import (
	"os/exec"
	"syscall"
	"testing"
)

// TestDied: how another process's child ended.
func TestDied(t *testing.T) {
	for how, want := range map[string]syscall.Signal{"kill -SEGV $$": syscall.SIGSEGV, "exit 3": 0} {
		c := exec.Command("sh", "-c", "read x; "+how)
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		p, err := Watch(c.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if p.Ended() || p.Died() != 0 {
			t.Errorf("%s: ended before it did", how)
		}
		in.Close()
		_ = c.Wait()                                                // its status is what is looked at
		if got := p.Died(); !p.Ended() || got != want && got != 0 { // older kernels do not say
			t.Errorf("%s: died of %v, want %v", how, got, want)
		}
		p.Close()
	}
}
