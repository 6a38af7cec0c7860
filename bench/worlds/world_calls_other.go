//go:build linux && !amd64

package main

// moreCalls are those that only this architecture has.
var moreCalls []call
