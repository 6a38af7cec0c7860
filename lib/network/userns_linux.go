package network

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideMarker tells a process that it was started by Elevate, so that one
// that cannot unshare even in a user namespace does not start another. Its value
// is the inode of the pipe by which signals are forwarded.
const insideMarker = "SOCKPROOF_IN_USER_NAMESPACE"

// signalsFD is the descriptor at which a process started by Elevate finds that pipe: the
// first of exec.Cmd.ExtraFiles.
const signalsFD = 3

// elevation is why no user namespace could be had, for Unavailable to say. It
// is set by Elevate, before any run.
var elevation error

// Elevate makes private namespaces possible. Where this process may make a
// network namespace itself, nothing is done. Otherwise the same command is run
// again inside a user namespace, and done is true with its exit code. Where
// that is refused too, the networks that need it will say why.
//
// When ctx ends, the other process gets the signal that cause names, by a pipe: a
// signal sent with kill(2) would end it silently before it has a handler. It finds it
// in Forwarded, also if it came before the process was started.
func Elevate(ctx context.Context, cause func() os.Signal) (code int, done bool) {
	if mayUnshare() == nil || os.Getenv(insideMarker) != "" {
		return 0, false
	}
	code, elevation = runInUserNamespace(ctx, cause)
	return code, elevation == nil
}

// mayUnshare tries to make a namespace, on a thread of its own. It is one of
// the cheapest kind, which takes the same capability as a network namespace
// and the same leave of a seccomp filter, without the third of a millisecond.
//
// What has to be done inside takes CAP_NET_ADMIN, which a container may lack
// though it has the other.
func mayUnshare() (err error) {
	OnThread(func() { err = unix.Unshare(unix.CLONE_NEWUTS) })
	if err == nil && !hasNetAdmin() {
		err = errNoNetAdmin
	}
	return err
}

// errNoNetAdmin is that namespaces can be made, but not furnished.
var errNoNetAdmin = fmt.Errorf("CAP_NET_ADMIN is missing: %w", unix.EPERM)

// hasNetAdmin asks for the effective capabilities (capget(2)).
func hasNetAdmin() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return true // then doing it will tell
	}
	return data[0].Effective&(1<<unix.CAP_NET_ADMIN) != 0
}

// runInUserNamespace runs this command, with its arguments and standard files,
// as root of a new user namespace that maps to the caller. CLONE_NEWUSER is
// refused to a process with several threads, hence a new process. It dies with
// this one.
func runInUserNamespace(ctx context.Context, cause func() os.Signal) (code int, err error) {
	runtime.LockOSThread() // Pdeathsig is sent when the thread that forked ends
	defer runtime.UnlockOSThread()

	signals, forward, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("pipe for signals: %w", err)
	}
	defer forward.Close()
	defer signals.Close()
	inode, err := inodeOf(signals.Fd())
	if err != nil {
		return 0, fmt.Errorf("fstat of the pipe for signals: %w", err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = os.Args
	cmd.Env = append(os.Environ(), insideMarker+"="+inode)
	cmd.ExtraFiles = []*os.File{signals}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("clone(CLONE_NEWUSER): %w", err)
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			s, _ := cause().(syscall.Signal)
			_, _ = forward.Write([]byte{byte(s)}) // the process may have ended by now
		case <-ended:
		}
	}()
	err = cmd.Wait()
	close(ended)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	case errors.As(err, &exit):
		// Killed by a signal: report it as a shell does.
		status, _ := exit.Sys().(syscall.WaitStatus)
		return 128 + int(status.Signal()), nil
	}
	return 0, fmt.Errorf("wait for the process in the user namespace: %w", err)
}

// Forwarded returns the signals that the process forwards that started this one inside a
// user namespace; nil: no process did. Descriptor 3 may be anything if the marker was
// inherited from an ancestor, so its inode is compared.
func Forwarded() <-chan os.Signal {
	want := os.Getenv(insideMarker)
	if want == "" {
		return nil
	}
	if inode, err := inodeOf(signalsFD); err != nil || inode != want {
		return nil
	}
	syscall.CloseOnExec(signalsFD)
	c := make(chan os.Signal)
	go func() {
		pipe := os.NewFile(signalsFD, "signals")
		b := make([]byte, 1)
		for {
			if n, err := pipe.Read(b); n == 0 || err != nil {
				return // the other process has ended
			}
			c <- syscall.Signal(b[0])
		}
	}()
	return c
}

// inodeOf is a descriptor's inode, as text.
func inodeOf(fd uintptr) (string, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(fd), &st); err != nil {
		return "", err
	}
	return strconv.FormatUint(st.Ino, 10), nil
}

// Privilege says as whom this process runs: "root", "uid 1000", or inside a
// user namespace "uid 1000 in a user namespace", the uid being the outer one.
func Privilege() string {
	b, err := os.ReadFile("/proc/self/uid_map")
	f := strings.Fields(string(b))
	whole := err != nil || len(f) < 3 || f[2] == "4294967295"
	switch {
	case !whole && os.Getuid() == 0:
		return fmt.Sprintf("uid %s in a user namespace", f[1])
	case os.Getuid() == 0:
		return "root"
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}
