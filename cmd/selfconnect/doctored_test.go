package main

import (
	"slices"
	"testing"

	"sockproof/cmd/internal/doctor"
)

// suite is what these tests work with. Each recording is of a run on
// the network that its name says, or on the strongest that the scenario can have.
var suite = doctor.Suite{
	Program: &program,
	Recordings: []string{
		"direct", "direct-loopback", "direct-host",
		"autobind", "hunt", "outside-range", "reserved-port", "detect-and-retry", "port-theft",
	},
	Cases: slices.Concat(doctoredOpening, doctoredData, doctoredClose, doctoredChoice, doctoredCure, doctoredTheft),
}

func TestRecordedJudgesTheSame(t *testing.T)  { suite.JudgesTheSame(t) }
func TestRecordedRendersTheSame(t *testing.T) { suite.RendersTheSame(t) }
func TestLessIsNeverMore(t *testing.T)        { suite.LessIsNeverMore(t) }
func TestNoOrderPanics(t *testing.T)          { suite.NoOrderPanics(t) }
func TestDoctored(t *testing.T)               { suite.Doctored(t) }
func TestEveryClaimCanFail(t *testing.T)      { suite.EveryClaimCanFail(t) }
func TestNames(t *testing.T)                  { suite.Names(t) }
