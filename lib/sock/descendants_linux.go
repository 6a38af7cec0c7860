package sock

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// descendants lists the processes that a process has started, and those that these have,
// parents first. What is hidden from this process (hidepid) is not among them. The error is
// why others may not be.
func descendants(of int) ([]int, error) {
	children := map[int][]int{}
	names, failed := os.ReadDir("/proc")
	for _, n := range names {
		pid, err := strconv.Atoi(n.Name())
		if err != nil {
			continue
		}
		parent, err := parentOf(pid)
		if err != nil && failed == nil {
			failed = err
		}
		if parent != 0 {
			children[parent] = append(children[parent], pid)
		}
	}
	pids := children[of]
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids, failed
}

// parentOf is a process's parent; 0: it has ended, or is hidden.
func parentOf(pid int) (int, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) || errors.Is(err, fs.ErrPermission) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may have any character (proc_pid_stat(5)).
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 2 {
		return 0, nil
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return parent, nil
}
