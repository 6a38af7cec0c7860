package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// unified is the root of the cgroup2 hierarchy, mounted where no other process sees
// it and ended with this process: machines differ in where they mount it, and
// some don't.
var unified = sync.OnceValues(func() (string, error) {
	fs, err := unix.Fsopen("cgroup2", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return "", fmt.Errorf("open the file system cgroup2: %w", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return "", fmt.Errorf("set the file system cgroup2 up: %w", err)
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("mount cgroup2: %w", err)
	}
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), mount), nil
})

// needCgroup tries a filter.
func needCgroup() (err error) {
	dir, err := newCgroup()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeCgroup(dir)) }()
	detach, err := (&skbFilter{kind: segmentKinds[0]}).attach(dir)
	if err != nil {
		return err
	}
	detach()
	return nil
}

// cgroups tries to make one.
func cgroups() error {
	dir, err := newCgroup()
	if err != nil {
		return err
	}
	return removeCgroup(dir)
}

// newCgroup is a cgroup for one run: filters are put there, and what is left of
// the run at its end is killed by it.
func newCgroup() (string, error) {
	root, err := unified()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(root, "sockproof-world-")
	if err != nil {
		return "", fmt.Errorf("make a cgroup: %w", err)
	}
	return dir, nil
}

// removeCgroup ends all that still runs in a cgroup, and removes it.
func removeCgroup(dir string) error {
	// A kernel without cgroup.kill (before 5.14) has the process group's death.
	_ = os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
	return removeEmpty(dir)
}

// removeEmpty waits until the last process of a cgroup is gone.
func removeEmpty(dir string) (err error) {
	for range 500 {
		if err = unix.Rmdir(dir); !errors.Is(err, unix.EBUSY) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("remove the cgroup %s: %w", dir, err)
	}
	return nil
}

// A control is a limit of a cgroup, by the first version of its controller where that is mounted,
// else by the second.
type control struct {
	controller    string
	file, value   string // of the second version
	file1, value1 string // of the first
}

// cpuPeriod of a quota, in microseconds: the kernel's default.
const cpuPeriod = 100_000

// quotaOf limits processes to a percentage of one processor.
func quotaOf(percent int) control {
	quota := percent * cpuPeriod / 100
	return control{"cpu", "cpu.max", fmt.Sprintf("%d %d", quota, cpuPeriod), "cpu.cfs_quota_us", fmt.Sprint(quota)}
}

// memoryOf limits processes to a number of bytes of memory.
func memoryOf(bytes int) control {
	return control{"memory", "memory.max", fmt.Sprint(bytes), "memory.limit_in_bytes", fmt.Sprint(bytes)}
}

// controls are those of a world.
func (w world) controls() (all []control) {
	if w.quota > 0 {
		all = append(all, quotaOf(w.quota))
	}
	if w.memory > 0 {
		all = append(all, memoryOf(w.memory))
	}
	return all
}

func needCPU() error { return quotaOf(50).try() }

func needMemory() error { return memoryOf(tightMemory).try() }

func (c control) try() error {
	dir, err := c.newCgroup()
	if err != nil {
		return err
	}
	return removeEmpty(dir)
}

// newCgroup is a cgroup whose processes have the limit.
func (c control) newCgroup() (string, error) {
	root, err := mountOf(c.controller)
	if err != nil {
		return "", err
	}
	file, value := c.file1, c.value1
	if root == "" {
		file, value = c.file, c.value
		if root, err = unified(); err != nil {
			return "", err
		}
	}
	dir, err := os.MkdirTemp(root, "sockproof-world-")
	if err != nil {
		return "", fmt.Errorf("make a cgroup: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0); err != nil {
		return "", errors.Join(fmt.Errorf("set %s to %s: %w", file, value, err), removeEmpty(dir))
	}
	return dir, nil
}

// mountOf is where the first version of a controller is mounted, or nowhere.
func mountOf(controller string) (string, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if len(place) < 5 || len(kind) < 3 || kind[0] != "cgroup" {
			continue
		}
		for option := range strings.SplitSeq(kind[2], ",") {
			if option == controller {
				return place[4], nil
			}
		}
	}
	return "", lines.Err()
}
