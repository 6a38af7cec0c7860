package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// insideCommand makes this program enter a world and become a binary there.
const insideCommand = "inside"

// inside is what has to be done from within, before the binary begins.
type inside struct {
	Cgroups []string
	Host    bool // begins in the namespace of descriptor 4, which stands for the host network
	Limits  map[string]uint64
	Nice    int
	Watch   []uint32 // system calls that are reported to the warden, over descriptor 3
	Except  bool     // all but those
}

var limitNumbers = map[string]int{"RLIMIT_FSIZE": unix.RLIMIT_FSIZE, "RLIMIT_NOFILE": unix.RLIMIT_NOFILE}

// becomeBinary: args are the command's name, what to do, and the binary with its arguments.
func becomeBinary(args []string, _ io.Writer) error {
	if len(args) < 3 {
		return errors.New("inside: want what to do, and a command")
	}
	var in inside
	if err := json.Unmarshal([]byte(args[1]), &in); err != nil {
		return fmt.Errorf("inside: %w", err)
	}
	// Namespaces and filters are a thread's own; the thread that calls exec is
	// the one that remains.
	runtime.LockOSThread()
	unix.CloseOnExec(wardenSocket)
	unix.CloseOnExec(hostSpace)
	sender := newSender()
	if err := in.enter(); err != nil {
		return err
	}
	if len(in.Watch) > 0 {
		if err := in.watch(sender); err != nil {
			return err
		}
	}
	err := unix.Exec(args[2], args[2:], os.Environ())
	return fmt.Errorf("exec %s: %w", args[2], err)
}

func (in inside) enter() error {
	for _, dir := range in.Cgroups {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
			return fmt.Errorf("join the cgroup %s: %w", dir, err)
		}
	}
	if in.Host {
		if err := unix.Setns(hostSpace, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter the network namespace: %w", err)
		}
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, in.Nice); err != nil {
		return fmt.Errorf("set the priority: %w", err)
	}
	for name, value := range in.Limits {
		if err := unix.Setrlimit(limitNumbers[name], &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// watch has the calls reported, and hands the warden what it listens at.
func (in inside) watch(sender chan int) error {
	listener, err := notifyOn(in.Watch, in.Except)
	if err != nil {
		return err
	}
	sender <- listener
	if code := <-sender; code != 0 {
		return fmt.Errorf("hand the listener over: %w", unix.Errno(code))
	}
	return nil
}

// The descriptors that lead to the warden, and to the network namespace.
const (
	wardenSocket = 3
	hostSpace    = 4
)

// newSender is a thread that the filter does not apply to: a call of this one
// would wait for a warden that has no listener yet. It answers with an errno.
func newSender() chan int {
	fds := make(chan int)
	ready := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(ready)
		fd := <-fds
		err := unix.Sendmsg(wardenSocket, []byte{0}, unix.UnixRights(fd), nil, 0)
		unix.Close(wardenSocket)
		code := unix.Errno(0)
		errors.As(err, &code)
		fds <- int(code)
	}()
	<-ready
	return fds
}
