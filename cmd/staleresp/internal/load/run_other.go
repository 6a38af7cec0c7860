//go:build !linux

package load

import (
	"context"
	"errors"
	"runtime"
)

// Run says that this needs Linux.
func Run(context.Context, *Config) (*Result, error) {
	return nil, errors.New("load needs Linux, this is " + runtime.GOOS)
}
