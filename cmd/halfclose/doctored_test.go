package main

import (
	"testing"

	"sockproof/cmd/internal/doctor"
)

// suite is what these tests work with. Each recording is of a run on the
// network that its name says, or on the wire.
var suite = doctor.Suite{
	Program: &program,
	Recordings: []string{
		"endings", "endings-loopback", "endings-host", "four-way",
		"three-way", "three-way-loopback", "three-way-host",
		"merged-data", "merged-data-loopback", "merged-data-host",
		"late-data", "unread", "unsent", "unsent-loopback", "unsent-host", "truncated",
		"shared", "shared-loopback", "shared-host", "threads", "threads-loopback", "threads-host",
		"epoll", "shut-read", "orphan", "half-open", "exit", "kill",
		"leak", "leak-loopback", "leak-host", "time-wait", "time-wait-loopback", "time-wait-host",
	},
}

func TestJournals(t *testing.T) { suite.Journals(t) }
