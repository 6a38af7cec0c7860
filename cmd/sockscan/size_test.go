package main

import (
	"testing"
	"unsafe"
)

// What is kept of each socket, with its places in the indexes and in a finding, is bounded.
func TestSocketIsSmall(t *testing.T) {
	const most = 160
	if size := unsafe.Sizeof(socket{}) + 2*unsafe.Sizeof(uint64(0)) + 2*unsafe.Sizeof(int32(0)); size > most {
		t.Errorf("%d bytes, want at most %d", size, most)
	}
}
