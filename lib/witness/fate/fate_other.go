//go:build !linux

package fate

import (
	"errors"
	"syscall"
)

// Process is another process.
type Process struct{}

// Watch watches none.
func Watch(int) (*Process, error) { return nil, errors.New("fate: it takes Linux") }

// Close has nothing to end.
func (*Process) Close() {}

// Ended knows nothing.
func (*Process) Ended() bool { return false }

// Died knows nothing.
func (*Process) Died() syscall.Signal { return 0 }
