//go:build !linux

package synproxy

import "errors"

// Set is never called where nothing runs.
func Set(uint16) error { return errors.ErrUnsupported }
