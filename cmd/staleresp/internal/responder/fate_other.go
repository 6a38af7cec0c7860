//go:build !linux

package responder

import (
	"context"
	"net"
)

// fateOf takes for taken what was written: nothing else is asked of the kernel here.
func fateOf(context.Context, *net.TCPConn) fate { return taken }
