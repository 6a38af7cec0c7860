package main

import (
	"slices"
	"testing"

	"sockproof/lib/journaltest"
)

// suite is what these tests work with. Each recording is of a run on
// the network that its name says, or on the strongest that the scenario can have.
var suite = journaltest.Suite{
	Program: &program,
	Shown:   []string{"direct", "autobind"},
	Recordings: []string{
		"direct", "direct-5.10", "direct-loopback", "direct-host",
		"autobind", "hunt", "other-port", "outside-range", "reserved-port", "detect-and-retry", "port-theft",
	},
	Unseen: 0.06,
	Cases:  slices.Concat(alteredOther, alteredOpening, alteredData, alteredClose, alteredChoice, alteredCure, alteredTheft),
}

func TestJournals(t *testing.T) { suite.Journals(t) }

// What the altered journals have changed, and looked for.
var (
	all           = journaltest.All
	called        = journaltest.Called
	carried       = journaltest.Carried
	changed       = journaltest.Changed
	changedNth    = journaltest.ChangedNth
	copied        = journaltest.Copied
	dropped       = journaltest.Dropped
	droppedAll    = journaltest.DroppedAll
	droppedBehind = journaltest.DroppedBehind
	swapped       = journaltest.Swapped
	becomes       = journaltest.Becomes
	flagged       = journaltest.Flagged
	returned      = journaltest.Returned
	said          = journaltest.Said
	setTo         = journaltest.SetTo
	call          = journaltest.Call
	of            = journaltest.Of
)
