//go:build !linux

package trace

import (
	"errors"
	"runtime"
	"time"
)

// ErrPrivilege is that the kernel may not be watched from inside.
var ErrPrivilege = errors.New("needs CAP_BPF and CAP_PERFMON in the initial user namespace")

// errLinux is why nothing is watched.
var errLinux = errors.New("it watches Linux's kernel, and this is " + runtime.GOOS)

// Resets are Linux's.
type Resets struct{ none }

// OpenResets watches Linux.
func OpenResets(uint32) (*Resets, error) { return nil, errLinux }

// Read reads none.
func (*Resets) Read(time.Time) (Reset, error) { return Reset{}, errLinux }

// Stays are Linux's.
type Stays struct{ none }

// OpenStays watches Linux.
func OpenStays(uint32, bool) (*Stays, error) { return nil, errLinux }

// Read reads none.
func (*Stays) Read(time.Time) (Change, error) { return Change{}, errLinux }

// Inside has none.
func (*Stays) Inside(func(uint64, Change)) error { return errLinux }

// Entered counts none.
func (*Stays) Entered() (map[string]uint64, error) { return nil, errLinux }

// none has nothing to lose.
type none struct{}

// Lost counts none.
func (none) Lost() (uint64, error) { return 0, errLinux }

// Close has nothing to close.
func (none) Close() {}
