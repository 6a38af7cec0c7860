package main

import "testing"

func TestStoppedRunRefutesNothing(t *testing.T) { suite.StoppedRefutesNothing(t) }
