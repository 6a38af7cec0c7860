package load

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// forgetPeak lets the kernel begin anew with the peak of this process's memory
// (proc_pid_clear_refs(5)). Where it may not, the peak is that of all loads so far.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peak is the greatest size that the process's resident memory has had; 0: not told.
func peak() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		value, is := strings.CutPrefix(lines.Text(), "VmHWM:")
		var kib int64
		if is {
			if _, err := fmt.Sscan(value, &kib); err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
