//go:build linux && !amd64

package main

// moreCalls are those that only this architecture has.
var moreCalls []call

// moreFallibles are those that only this architecture has.
var moreFallibles []fallible

// moreSpared are the runtime's, at the start of a thread.
var moreSpared []uint32
