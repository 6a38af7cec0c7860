package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"golang.org/x/sys/unix"
)

// surroundings lie around one run's process, and are removed after it.
type surroundings struct {
	world  world
	home   *home // where a checked run may write
	undo   []func() error
	spaces []int // network namespaces that were set up
	host   int   // the one that stands for the host network, or -1
	idle   bool  // nothing of the run was interfered with
}

// surround makes what there is until an error, which has to be removed as well.
func (l launcher) surround(w world, c cell, in *inside) (s *surroundings, err error) {
	s = &surroundings{world: w, host: -1}
	if l.hold {
		dir, err := newCgroup()
		if err != nil {
			return s, err
		}
		in.Cgroups = append(in.Cgroups, dir)
		s.undo = append(s.undo, func() error { return removeCgroup(dir) })
		if err := s.filter(dir); err != nil {
			return s, err
		}
	}
	for _, limit := range w.controls() {
		dir, err := limit.newCgroup()
		if err != nil {
			return s, err
		}
		in.Cgroups = append(in.Cgroups, dir)
		s.undo = append(s.undo, func() error { return removeEmpty(dir) })
	}
	if w.checked {
		if s.home, err = newHome(); err != nil {
			return s, err
		}
		s.undo = append(s.undo, s.home.remove)
	}
	if in.Host {
		if s.host, err = l.space(w, c); err != nil {
			return s, err
		}
		s.spaces = append(s.spaces, s.host)
	}
	s.undo = append(s.undo, s.leaveSpaces)
	return s, nil
}

// space is the namespace that a run begins in: for sockscan the patient's.
func (l launcher) space(w world, c cell) (int, error) {
	if l.sick == nil || c.binary != "sockscan" {
		return newSpace(w.setup)
	}
	fd, err := unix.FcntlInt(uintptr(l.sick.space), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("duplicate a descriptor: %w", err)
	}
	return fd, nil
}

// filter attaches the world's filter, and those that only count.
func (s *surroundings) filter(cgroup string) error {
	attach := func(f *skbFilter, seen func(uint64)) error {
		detach, err := f.attach(cgroup)
		if err == nil {
			s.undo = append(s.undo, func() error { seen(detach()); return nil })
		}
		return err
	}
	if f := s.world.filter; f != nil {
		if err := attach(f, func(n uint64) { s.idle = n == 0 }); err != nil {
			return err
		}
	}
	if s.world.census == nil {
		return nil
	}
	for _, k := range segmentKinds {
		if err := attach(&skbFilter{kind: k, none: true}, func(n uint64) { s.world.census[k.name] = n }); err != nil {
			return err
		}
	}
	return nil
}

// remove is in the opposite order.
func (s *surroundings) remove() (err error) {
	for i := len(s.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, s.undo[i]())
	}
	return err
}

// leaveSpaces lets go of the namespaces, and asks first whether any rule in them
// applied to anything.
func (s *surroundings) leaveSpaces() error {
	var matched uint64
	var failed error
	for _, fd := range s.spaces {
		if s.world.setup.Rules != "" {
			n, err := matchedIn(fd)
			matched += n
			failed = errors.Join(failed, err)
		}
		unix.Close(fd)
	}
	s.idle = s.idle || s.world.setup.Rules != "" && matched == 0 && failed == nil
	return failed
}

// start starts a command with a warden that answers its calls, if it has any
// reported; the function returned waits for the warden's end.
func (s *surroundings) start(cmd *exec.Cmd) (guarded func() error, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a pair of sockets: %w", err)
	}
	theirs := os.NewFile(uintptr(ends[1]), "warden")
	cmd.ExtraFiles = []*os.File{theirs} // wardenSocket, and then hostSpace
	if s.host >= 0 {
		space, err := duplicate(s.host)
		if err != nil {
			return nil, errors.Join(err, theirs.Close(), unix.Close(ends[0]))
		}
		defer space.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, space)
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, errors.Join(err, unix.Close(ends[0]))
	}
	var ended sync.WaitGroup
	var failed error
	ended.Go(func() {
		defer unix.Close(ends[0])
		listener, err := receive(ends[0])
		if err != nil || listener < 0 {
			failed = err
			return
		}
		g := newWarden(s.world, listener, cmd.Args[3])
		failed = g.watch()
		s.spaces = append(s.spaces, g.spaces...)
		s.idle = len(s.world.lies) > 0 && g.told == 0
	})
	return func() error { ended.Wait(); return failed }, nil
}

// duplicate is a descriptor of the same thing, which somebody else closes.
func duplicate(fd int) (*os.File, error) {
	again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate a descriptor: %w", err)
	}
	return os.NewFile(uintptr(again), "namespace"), nil
}

// receive is the descriptor that the process sends, or -1 if it sends none.
func receive(socket int) (int, error) {
	b, control := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	for {
		_, n, _, _, err := unix.Recvmsg(socket, b, control, unix.MSG_CMSG_CLOEXEC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return -1, fmt.Errorf("receive a listener: %w", err)
		}
		messages, err := unix.ParseSocketControlMessage(control[:n])
		if err != nil || len(messages) == 0 {
			return -1, err
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil {
			return -1, fmt.Errorf("read a listener: %w", err)
		}
		return fds[0], nil
	}
}
