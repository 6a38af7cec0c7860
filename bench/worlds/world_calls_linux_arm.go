package main

import "golang.org/x/sys/unix"

// runtimesMemory is the call by which Go's runtime gets memory here.
const runtimesMemory = unix.SYS_MMAP2
