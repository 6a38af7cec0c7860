//go:build !linux

package live

import (
	"errors"
	"runtime"
)

// errLinux is why there is nothing to look at.
var errLinux = errors.New("it looks at Linux's sockets, and this is " + runtime.GOOS)

// ReadPortSettings reads Linux's settings.
func ReadPortSettings(Place) (PortSettings, error) { return PortSettings{}, errLinux }

// Counters are Linux's.
type Counters struct{}

// OpenCounters opens Linux's counters.
func OpenCounters(Place) (*Counters, error) { return nil, errLinux }

// Read reads none.
func (*Counters) Read() (map[string]int64, error) { return nil, errLinux }

// Close has nothing to close.
func (*Counters) Close() {}

// Number is known on Linux.
func (Place) Number() (uint32, error) { return 0, errLinux }

// Owners are found on Linux.
func Owners(func(inode uint64) bool, func(inode uint64, fd int, o Owner)) (reason string) {
	return errLinux.Error()
}

// Unit is known on Linux.
func Unit(int) string { return "" }
