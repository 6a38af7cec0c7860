package main

import (
	"os"

	"sockproof/lib/sock"
)

// In these tests the processes that steps start are this very binary: they are
// told by their environment, before any test is.
func init() {
	if sock.IsChild() {
		os.Exit(sock.RunChild())
	}
}
