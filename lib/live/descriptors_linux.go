package live

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// fewDescriptors are those that every program has: stdin, stdout and stderr.
const fewDescriptors = 3

// Descriptors tells of every process how many descriptors it has open and may have (RLIMIT_NOFILE),
// if there are more than those it began with. It needs no privilege from Linux 6.2 on; before, of other users' processes, root's.
// hidden: some processes are not told of, or /proc hides some (hidepid). That root is denied one is an error.
func Descriptors(each func(o Owner, open, limit int)) (hidden bool, err error) {
	self, err := os.Stat("/proc/self/fd")
	if err != nil {
		return true, err
	}
	counts := self.Size() > 0
	var failed error
	err = eachName("/proc", func(name string) {
		pid, err := strconv.Atoi(name)
		if err != nil {
			return // no process
		}
		open, limit, err := descriptorsOf(pid, counts)
		switch {
		case errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0:
			hidden = true
		case err != nil && !hasEnded(err) && failed == nil:
			failed = err
		}
		if err == nil && limit > 0 {
			each(Owner{PID: pid, Program: programOf(pid), Unit: Unit(pid)}, open, limit)
		}
	})
	return hidden || hidesProcesses(), errors.Join(err, failed)
}

// descriptorsOf is how many descriptors a process has open, and its limit: 0: it has none, or so few
// that nobody asked. counts: the size of /proc/PID/fd is their number.
func descriptorsOf(pid int, counts bool) (open, limit int, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	info, err := os.Stat(dir + "/fd")
	if err != nil {
		return 0, 0, err
	}
	if open = int(info.Size()); !counts {
		names, err := os.ReadDir(dir + "/fd")
		if err != nil {
			return 0, 0, err
		}
		open = len(names)
	}
	if open <= fewDescriptors {
		return open, 0, nil
	}
	limits, err := os.ReadFile(dir + "/limits")
	if err != nil {
		return open, 0, err
	}
	return open, openFilesLimit(string(limits)), nil
}

// openFilesLimit reads the soft limit from /proc/PID/limits; 0: there is none.
func openFilesLimit(limits string) int {
	const title = "Max open files"
	for line := range strings.Lines(limits) {
		if rest, is := strings.CutPrefix(line, title); is {
			soft, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			n, _ := strconv.Atoi(soft) // "unlimited"
			return n
		}
	}
	return 0
}

// hidesProcesses says whether /proc shows this process its own user's alone: the first is always there.
func hidesProcesses() bool {
	_, err := os.Stat("/proc/1/comm")
	return err != nil
}

// SocketDescriptors is how many of a process's descriptors are sockets of any family; -1: that may not be seen.
func SocketDescriptors(pid int) (n int) {
	if err := eachSocket(pid, func(int, uint64) { n++ }); err != nil {
		return -1
	}
	return n
}

// eachSocket tells of a process's descriptors that are sockets, with their inodes.
func eachSocket(pid int, f func(fd int, inode uint64)) error {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		return err
	}
	defer dir.Close()
	links := linkReader{wanted: func(uint64) bool { return true }}
	return links.each(dir, f)
}
