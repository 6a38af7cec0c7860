package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockproof/lib/journaltest"
)

// TestMain lets scripts run this very binary as badpeer, and clients and servers that are
// written as they are found in the wild.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"badpeer": main, "client": clientMain, "server": serverMain, "nethttp": nethttpMain, "goredis": goredisMain,
	})
}

func TestScripts(t *testing.T) { journaltest.Scripts(t, "badpeer") }
